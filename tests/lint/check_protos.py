#!/usr/bin/python3
"""Holds the protos against a baseline that callers in the field may have been built with.

    tests/lint/check_protos.py               compares protos/ with the baseline, exit 1 on a break
    tests/lint/check_protos.py --renew       writes the baseline anew
    tests/lint/check_protos.py --self-test   makes each kind of break and expects it to be found

The baseline has a line for each message, field, enum value and method. What is new since is free to
change until the baseline is renewed; what is in it stays: no field, value or method is removed,
renamed, renumbered, or given another type, label, oneof or direction of streaming.
"""
import argparse
import pathlib
import subprocess
import sys
import tempfile

from google.protobuf import descriptor_pb2

PROTOS = pathlib.Path("protos")
BASELINE = pathlib.Path("tests/lint/protos.baseline")
Field = descriptor_pb2.FieldDescriptorProto


def compile_protos(root):
    """The descriptors of every proto file under root, as protoc sees them."""
    files = sorted(str(path.relative_to(root)) for path in root.rglob("*.proto"))
    with tempfile.NamedTemporaryFile() as output:
        subprocess.run(
            ["protoc", f"--proto_path={root}", f"--descriptor_set_out={output.name}", *files],
            check=True,
        )
        return descriptor_pb2.FileDescriptorSet.FromString(output.read())


def type_of(field):
    return field.type_name.lstrip(".") or Field.Type.Name(field.type).removeprefix("TYPE_").lower()


def label_of(field, message):
    if field.label == Field.LABEL_REPEATED:
        return "repeated"
    if field.proto3_optional:
        return "optional"
    if field.HasField("oneof_index"):
        return f"oneof:{message.oneof_decl[field.oneof_index].name}"
    return "single"


# Facts map what something is called to what it is; all are strings.
def enum_facts(scope, enum):
    name = f"{scope}.{enum.name}"
    yield f"enum {name}", "enum"
    for value in enum.value:
        yield f"value {name}.{value.name}", str(value.number)


def message_facts(scope, message):
    name = f"{scope}.{message.name}"
    yield f"message {name}", "message"
    for field in message.field:
        label = label_of(field, message)
        yield f"field {name}.{field.name}", f"{field.number} {type_of(field)} {label}"
    for enum in message.enum_type:
        yield from enum_facts(name, enum)
    for nested in message.nested_type:
        yield from message_facts(name, nested)


def method_fact(method):
    request = "stream " * method.client_streaming + method.input_type.lstrip(".")
    response = "stream " * method.server_streaming + method.output_type.lstrip(".")
    return f"{request} -> {response}"


def facts_of(descriptors):
    facts = {}
    for file in descriptors.file:
        for message in file.message_type:
            facts.update(message_facts(file.package, message))
        for enum in file.enum_type:
            facts.update(enum_facts(file.package, enum))
        for service in file.service:
            for method in service.method:
                facts[f"method {file.package}.{service.name}.{method.name}"] = method_fact(method)
    return facts


def breaks(baseline, current):
    """What a caller built with the baseline would trip over."""
    for name, before in sorted(baseline.items()):
        now = current.get(name)
        if now is None:
            yield f"{name}: removed or renamed"
        elif now != before:
            yield f"{name}: was '{before}', is '{now}'"


def write_baseline(facts):
    lines = (f"{name} = {fact}\n" for name, fact in sorted(facts.items()))
    BASELINE.write_text("".join(lines))


def read_baseline():
    lines = BASELINE.read_text().splitlines()
    return dict(line.split(" = ", 1) for line in lines)


SAMPLE = """
syntax = "proto3";
package sample.v1;
service Post {
  rpc Send(Letter) returns (Receipt);
  rpc Watch(Letter) returns (stream Receipt);
}
message Letter {
  string to = 1;
  optional int32 weight = 2;
  repeated string pages = 3;
  oneof stamp {
    string paper = 4;
    int64 digital = 5;
  }
  map<string, int32> remarks = 6;
  Kind kind = 7;
  message Seal { bytes wax = 1; }
}
message Receipt { uint32 number = 1; }
message Envelope {}
enum Kind {
  KIND_UNSPECIFIED = 0;
  KIND_CARD = 1;
}
"""

# What is replaced in the sample, by what, and the facts that must be found broken.
BREAKS = (
    ("string to = 1;", "", ["field sample.v1.Letter.to"]),
    ("string to = 1;", "string target = 1;", ["field sample.v1.Letter.to"]),
    ("string to = 1;", "string to = 9;", ["field sample.v1.Letter.to"]),
    ("string to = 1;", "bytes to = 1;", ["field sample.v1.Letter.to"]),
    ("string to = 1;", "repeated string to = 1;", ["field sample.v1.Letter.to"]),
    ("string to = 1;", "optional string to = 1;", ["field sample.v1.Letter.to"]),
    ("optional int32 weight", "int32 weight", ["field sample.v1.Letter.weight"]),
    ("repeated string pages", "string pages", ["field sample.v1.Letter.pages"]),
    ("    int64 digital = 5;\n  }", "  }\n  int64 digital = 5;",
     ["field sample.v1.Letter.digital"]),
    ("oneof stamp", "oneof postage",
     ["field sample.v1.Letter.digital", "field sample.v1.Letter.paper"]),
    ("map<string, int32>", "map<string, int64>",
     ["field sample.v1.Letter.RemarksEntry.value"]),
    ("Kind kind = 7;", "Envelope kind = 7;", ["field sample.v1.Letter.kind"]),
    ("message Envelope {}", "", ["message sample.v1.Envelope"]),
    ("bytes wax", "string wax", ["field sample.v1.Letter.Seal.wax"]),
    ("  KIND_CARD = 1;\n", "", ["value sample.v1.Kind.KIND_CARD"]),
    ("KIND_CARD = 1", "KIND_POSTCARD = 1", ["value sample.v1.Kind.KIND_CARD"]),
    ("KIND_CARD = 1", "KIND_CARD = 2", ["value sample.v1.Kind.KIND_CARD"]),
    ("  rpc Send(Letter) returns (Receipt);\n", "", ["method sample.v1.Post.Send"]),
    ("rpc Send(Letter)", "rpc Send(Receipt)", ["method sample.v1.Post.Send"]),
    ("rpc Send(Letter)", "rpc Send(stream Letter)", ["method sample.v1.Post.Send"]),
    ("rpc Send(Letter) returns (Receipt)", "rpc Send(Letter) returns (Letter)",
     ["method sample.v1.Post.Send"]),
    ("returns (stream Receipt)", "returns (Receipt)", ["method sample.v1.Post.Watch"]),
    # Additions are none.
    ("message Envelope {}", "message Envelope { string color = 1; }", []),
    ("KIND_CARD = 1;", "KIND_CARD = 1; KIND_PARCEL = 2;", []),
    ("rpc Send(Letter)", "rpc Burn(Letter) returns (Receipt); rpc Send(Letter)", []),
)


def sample_facts(text):
    with tempfile.TemporaryDirectory() as root:
        (pathlib.Path(root) / "sample.proto").write_text(text)
        return facts_of(compile_protos(pathlib.Path(root)))


def self_test():
    baseline = sample_facts(SAMPLE)
    failed = 0
    for old, new, expected in BREAKS:
        changed = SAMPLE.replace(old, new)
        assert changed != SAMPLE, old
        found = [line.split(":", 1)[0] for line in breaks(baseline, sample_facts(changed))]
        if found != expected:
            print(f"'{old}' to '{new}': found {found}, not {expected}")
            failed = 1
    print(f"{len(BREAKS)} changes, {'not all' if failed else 'all'} judged rightly")
    return failed


def check():
    found = list(breaks(read_baseline(), facts_of(compile_protos(PROTOS))))
    for line in found:
        print(line)
    if found:
        print("next: keep it and add another beside it, or see CONTRIBUTING.md on the baseline")
        return 1
    print("the protos keep what the baseline promises")
    return 0


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--renew", action="store_true")
    parser.add_argument("--self-test", action="store_true")
    arguments = parser.parse_args()
    if arguments.self_test:
        return self_test()
    if arguments.renew:
        write_baseline(facts_of(compile_protos(PROTOS)))
        return 0
    return check()


if __name__ == "__main__":
    sys.exit(main())
