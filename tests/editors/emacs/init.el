;; What docs/editors.md says for eglot.
(define-derived-mode lean4-mode prog-mode "Lean 4")
(add-to-list 'auto-mode-alist '("\\.lean\\'" . lean4-mode))

(with-eval-after-load 'eglot
  (add-to-list 'eglot-server-programs '(lean4-mode . ("unsorry" "serve"))))
(add-hook 'lean4-mode-hook #'eglot-ensure)

(defun unsorry-stop ()
  "Stop every search for a proof."
  (interactive)
  (jsonrpc-request (eglot-current-server) :workspace/executeCommand
                   '(:command "unsorry.stop" :arguments [])))

;; For the test.
(defun unsorry-standing ()
  "Tell how many searches there are, and how the last one that was not stopped ended."
  (interactive)
  (let ((status (jsonrpc-request (eglot-current-server) :workspace/executeCommand
                                 '(:command "unsorry.status" :arguments []))))
    (message "standing: %d jobs, last %s"
             (length (plist-get status :jobs))
             (plist-get (plist-get status :last) :message))))
