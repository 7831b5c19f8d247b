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
