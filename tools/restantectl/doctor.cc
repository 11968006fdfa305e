#include "tools/restantectl/doctor.h"

#include <openssl/pem.h>
#include <openssl/x509.h>

#include <ctime>
#include <fstream>
#include <memory>
#include <sstream>
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "absl/time/clock.h"
#include "common/app/program_options.h"
#include "common/base/error_reason.h"
#include "tools/restantectl/errors.h"
#include "tools/restantectl/server_info.h"
#include "tools/restantectl/table.h"

namespace restante::ctl {
namespace {

constexpr absl::Duration kExpiresSoon = absl::Hours(24 * 30);
// NTLM's own clocks matter less; grants and tokens are short-lived.
constexpr absl::Duration kClockTolerance = absl::Seconds(5);

enum class Verdict { kGood, kWarning, kError };

// Prints a line for each check and counts.
class Report {
 public:
  explicit Report(Console& console) : console_(console) {}

  void Add(Verdict verdict, const std::string& what, const std::string& next_step = "") {
    static constexpr const char* kMarks[] = {"ok      ", "warning ", "ERROR   "};
    console_.out() << kMarks[static_cast<int>(verdict)] << what << "\n";
    if (!next_step.empty()) console_.out() << "        next: " << next_step << "\n";
    if (verdict == Verdict::kError) ++errors_;
    if (verdict == Verdict::kWarning) ++warnings_;
  }
  int errors() const { return errors_; }
  int warnings() const { return warnings_; }

 private:
  Console& console_;
  int errors_ = 0;
  int warnings_ = 0;
};

using Certificate = std::unique_ptr<X509, decltype(&X509_free)>;

Certificate ParseCertificate(const std::string& pem) {
  const std::unique_ptr<BIO, decltype(&BIO_free)> bio(
      BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())), &BIO_free);
  return Certificate(PEM_read_bio_X509(bio.get(), nullptr, nullptr, nullptr), &X509_free);
}

absl::Time TimeOf(const ASN1_TIME* time) {
  std::tm fields{};
  if (ASN1_TIME_to_tm(time, &fields) != 1) return absl::InfinitePast();
  return absl::FromTM(fields, absl::UTCTimeZone());
}

std::string Days(absl::Duration duration) {
  return absl::StrFormat("%d days", absl::ToInt64Hours(duration) / 24);
}

void CheckExpiry(const std::string& what, const std::string& pem, const std::string& next_step,
                 Report* report) {
  const Certificate certificate = ParseCertificate(pem);
  if (certificate == nullptr) {
    return report->Add(Verdict::kError, what + " is no certificate in PEM", next_step);
  }
  const absl::Time end = TimeOf(X509_get0_notAfter(certificate.get()));
  const absl::Time begin = TimeOf(X509_get0_notBefore(certificate.get()));
  const absl::Time now = absl::Now();
  const std::string date = absl::FormatTime("%Y-%m-%d", end, absl::UTCTimeZone());
  if (begin > now) {
    return report->Add(Verdict::kError,
                       what + " is not valid yet; this machine's clock may be wrong", next_step);
  }
  if (end <= now) return report->Add(Verdict::kError, what + " expired on " + date, next_step);
  if (end - now < kExpiresSoon) {
    return report->Add(Verdict::kWarning,
                       absl::StrCat(what, " expires in ", Days(end - now), ", on ", date),
                       next_step);
  }
  report->Add(Verdict::kGood, absl::StrCat(what, " is valid until ", date));
}

void CheckFile(const std::string& what, const std::string& path, const std::string& variable,
               Report* report) {
  if (path.empty()) {
    return report->Add(Verdict::kError, absl::StrCat("nothing says where ", what, " is"),
                       absl::StrCat("set ", variable, ", or use a context"));
  }
  std::ostringstream pem;
  // Of a folder, too, nothing is read.
  pem << std::ifstream(path, std::ios::binary).rdbuf();
  if (pem.str().empty()) {
    return report->Add(Verdict::kError, absl::StrCat(path, " cannot be read, or is empty"),
                       absl::StrCat("correct ", variable, ", or the file's rights"));
  }
  CheckExpiry(absl::StrCat(what, " (", path, ")"), pem.str(),
              "issue a new one and put it into the same file", report);
}

void CheckClock(const std::string& name, const ServerAnswer& answer, Report* report) {
  const absl::Duration ahead = answer.clock_ahead;
  const std::string text = absl::StrFormat("%s's clock is %.1f s %s this machine's", name,
                                           absl::ToDoubleSeconds(absl::AbsDuration(ahead)),
                                           ahead < absl::ZeroDuration() ? "behind" : "ahead of");
  if (absl::AbsDuration(ahead) - answer.round_trip / 2 <= kClockTolerance) {
    return report->Add(Verdict::kGood, text);
  }
  report->Add(Verdict::kWarning, text,
              "set both by NTP: grants, tokens and certificates are good for a time");
}

void CheckServer(Session& session, Program program, Report* report) {
  const std::string name = ProgramName(program);
  const absl::StatusOr<ServerAnswer> answer = FetchServerInfo(session, program, /*check=*/true);
  if (!answer.ok()) {
    const absl::Status& status = answer.status();
    return report->Add(Verdict::kError,
                       absl::StrCat(name, " does not answer: ", Printable(status.message())),
                       std::string(NextStepFor(status)));
  }
  const common::v1::ServerInfo& info = answer->info;
  report->Add(
      Verdict::kGood,
      absl::StrCat(name, " answers within ",
                   absl::FormatDuration(absl::Trunc(answer->round_trip, absl::Microseconds(100)))));
  if (info.version() == app::Version()) {
    report->Add(Verdict::kGood,
                absl::StrCat(name, " and restantectl are version ", info.version()));
  } else {
    report->Add(Verdict::kWarning,
                absl::StrCat(name, " is version ", Printable(info.version()),
                             " and restantectl is ", app::Version()),
                "use the restantectl of the installation");
  }
  report->Add(
      info.caller_roles().empty() ? Verdict::kError : Verdict::kGood,
      absl::StrCat(name, " takes you for ", OrDash(Printable(info.caller())), ", with the roles ",
                   OrDash(Printable(absl::StrJoin(info.caller_roles(), ", ")))));
  if (!answer->certificate_pem.empty()) {
    CheckExpiry(name + "'s certificate", answer->certificate_pem,
                "issue a new one; the program takes it up within seconds", report);
  }
  CheckClock(name, *answer, report);
  for (const common::v1::ServerFinding& finding : info.findings()) {
    report->Add(finding.is_error() ? Verdict::kError : Verdict::kWarning,
                absl::StrCat(name, ": ", Printable(finding.finding()), " (",
                             Printable(finding.cause()), ")"),
                Printable(finding.next_step()));
  }
}

}  // namespace

absl::Status Examine(Session& session, const ConnectionSettings& settings) {
  Report report(session.console);
  CheckFile("your certificate", settings.tls_certificate, "RESTANTE_TLS_CERTIFICATE", &report);
  CheckFile("the authority's certificate", settings.tls_ca, "RESTANTE_TLS_CA", &report);
  for (const Program program : {Program::kAuth, Program::kMailstore}) {
    CheckServer(session, program, &report);
  }
  session.console.out() << report.errors() << " errors, " << report.warnings() << " warnings.\n";
  if (report.errors() == 0) return absl::OkStatus();
  return AlreadyTold();
}

}  // namespace restante::ctl
