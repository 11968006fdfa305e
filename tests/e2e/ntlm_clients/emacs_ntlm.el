;;; emacs_ntlm.el --- ntlm.el of Emacs, for emacs -Q --batch -l  -*- lexical-binding: t; coding: utf-8 -*-

;; NTLMv2 with LMv2, or an older form.

(require 'ntlm)
(require 'network-stream)

(defvar connection nil)
(defvar heard "" "What came and was not read yet.")

(defun read-line ()
  "The next line that the server says."
  (while (not (string-match "\r\n" heard))
    (unless (and (process-live-p connection) (accept-process-output connection 60))
      (error "The server closed the connection")))
  (prog1 (substring heard 0 (match-beginning 0))
    (setq heard (substring heard (match-end 0)))))

(defun say (line)
  (process-send-string connection (concat line "\r\n")))

(defun expect (status)
  "What stands behind STATUS in the next line."
  (let ((line (read-line)))
    (unless (string-prefix-p status line)
      (message "%s" line)
      (kill-emacs 3))
    (substring line (length status))))

(defun log-on (user password)
  (say "AUTH NTLM")
  (expect "+ ")
  (say (base64-encode-string (ntlm-build-auth-request user) t))
  (let ((challenge (base64-decode-string (expect "+ "))))
    (say (base64-encode-string
          (ntlm-build-auth-response challenge user (ntlm-get-password-hashes password)) t)))
  (expect "+OK"))

(defun fetch-first-message ()
  (say "RETR 1")
  (expect "+OK")
  (let ((message "") line)
    (while (not (equal "." (setq line (read-line))))
      (setq message (concat message (string-remove-prefix "." line) "\r\n")))
    (write-region message nil "/dev/stdout" t 'silent))
  (say "QUIT")
  (expect "+OK"))

(pcase-let ((`(,host ,port ,layer ,ca ,user ,domain . ,options) command-line-args-left)
            (coding-system-for-read 'binary)
            (coding-system-for-write 'binary)
            (password (encode-coding-string (read-string "") 'utf-8)))
  (setq command-line-args-left nil
        gnutls-trustfiles (list ca)
        gnutls-verify-error t
        ;; Otherwise it would ask a person.
        network-security-level 'low
        ntlm-compatibility-level (if (member "form=ntlm2-session" options) 1 5))
  (setq connection
        (make-network-process :name "pop3" :host host :service (string-to-number port) :coding 'binary
                              :filter (lambda (_ octets) (setq heard (concat heard octets)))))
  (when (equal layer "tls")
    (gnutls-negotiate :process connection :hostname host))
  (expect "+OK")
  (when (equal layer "stls")
    (say "STLS")
    (expect "+OK")
    (gnutls-negotiate :process connection :hostname host))
  (log-on (encode-coding-string (if (string-empty-p domain) user (concat user "@" domain)) 'utf-8) password)
  (fetch-first-message))

;;; emacs_ntlm.el ends here
