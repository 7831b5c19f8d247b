-- What an editor must be able to do, with a plugin or without.

return function(test, config, ways)
  local Editor, step = test.Editor, test.step
  local editor

  local file = test.write('Work.lean', table.concat({
    'theorem cancel (a b : Nat) (h : b ≤ a) : a - b + b = a := by',
    '  sorry',
    '',
    '-- The word sorry in a comment 𝔽.',
    'theorem wide (p : Prop) (h : p) : "𝔽🎉" = "𝔽🎉" ∧ p := by /- 𝔽🎉 -/ sorry /- 𝔽 -/',
  }, '\n'))
  local hard = test.write('Hard.lean', table.concat({
    'def IsPrime (p : Nat) : Prop := 1 < p ∧ ∀ d, d ∣ p → d = 1 ∨ d = p',
    '',
    'theorem goldbach (n : Nat) (h : 1 < n) : ∃ p q, IsPrime p ∧ IsPrime q ∧ 2 * n = p + q := by',
    '  sorry',
  }, '\n'))
  local many = test.write('Many.lean', table.concat({
    'theorem one (n : Nat) : n + 0 = n := by sorry',
    'theorem two (p q : Prop) (h : p ∧ q) : q ∧ p := by',
    '  sorry',
    'theorem three (xs : List Nat) : (xs ++ []).length = xs.length := sorry',
  }, '\n'))

  step('a file is opened, diagnostics come', function()
    editor = Editor.new(config)
    editor:command('edit ' .. file)
    editor:wait_for_warnings(2)
    ways.started(editor)
  end)

  step('the hover has a part of unsorry behind a line', function()
    editor:cursor_on('sorry')
    local value = editor:wait('a hover with unsorry', [[
      local params = vim.lsp.util.make_position_params(0, 'utf-16')
      for _, answer in pairs(vim.lsp.buf_request_sync(0, 'textDocument/hover', params, 5000) or {}) do
        local value = answer.result and answer.result.contents.value
        if value and value:find('**unsorry**', 1, true) then return value end
      end
    ]])
    local before, after = value:match('^(.*)\n%*%*%*\n(.*)$')
    editor:check(before and #before > 0, 'the hover has no line *** behind what Lean says', value)
    editor:check(after:find('⊢ a - b + b = a', 1, true), 'the goal is not behind the line', value)
    editor:type('K')
    local float = editor:float()
    editor:check(float:find('unsorry', 1, true) and float:find('⊢ a - b + b = a', 1, true), 'the float has no goal', float)
    editor:type('j')
    editor:wait('the float to close', [[
      return not vim.iter(vim.api.nvim_list_wins()):any(function(w) return vim.api.nvim_win_get_config(w).relative ~= '' end)
    ]])
  end)

  step('"Prove this sorry": progress, the text, no warning, one undo', function()
    editor:cursor_on('sorry')
    local before = editor:lines()
    editor:choose('Prove this sorry')
    local begin = editor:wait_for_progress('begin')
    editor:check(begin.title == 'Proving this sorry', 'another title', begin)
    local report = editor:wait_for_progress('report')
    editor:check(report.message and report.message:find('candidates', 1, true), 'no candidates are told of', report)
    local line = editor:wait('a proof', 'local line = vim.fn.getline(2) return line ~= "  sorry" and line')
    editor:wait_for_warnings(1)
    local ended = editor:wait_for_progress('end')
    editor:check(ended.message == 'proved with ' .. vim.trim(line), 'another end', { ended, line })
    local statuses = editor:lua('return seen.status')
    editor:check(vim.iter(statuses):any(function(text)
      return text:find('Proving this sorry: ', 1, true) ~= nil
    end), 'vim.lsp.status() tells nothing', statuses)
    editor:type('u')
    editor:wait_for_line(2, '  sorry')
    editor:check(vim.deep_equal(editor:lines(), before), '`u` did not bring the text back', editor:lines())
    editor:wait_for_warnings(2)
  end)

  step('the proof is offered again: as a fix, in the hover, as a completion', function()
    editor:cursor_on('sorry')
    local titles = editor:wait('a quick fix', [[
      local params = vim.lsp.util.make_range_params(0, 'utf-16')
      params.context = { diagnostics = {} }
      for _, answer in pairs(vim.lsp.buf_request_sync(0, 'textDocument/codeAction', params, 5000) or {}) do
        local titles = vim.tbl_map(function(action) return action.title end, answer.result or {})
        if #titles > 0 then return titles end
      end
    ]])
    local proof = titles[1]:match('^Prove with `(.*)`')
    editor:check(proof, 'the first action is no proof', titles)
    editor:type('K')
    local float = editor:float()
    editor:check(float:find(proof, 1, true), 'the hover has no proof', float)
    editor:type('A')
    editor:wait('insert mode', 'return vim.fn.mode() == "i"')
    -- By default one that is alone goes into the text without a menu; how many there are depends on the machine.
    editor:lua('vim.opt.completeopt:append("menuone")')
    editor:lua('vim.lsp.completion.get()')
    local words = editor:wait('a completion with a proof', [[
      local words = vim.tbl_map(function(item) return item.abbr ~= '' and item.abbr or item.word end, vim.fn.complete_info({ 'items' }).items)
      return vim.fn.pumvisible() == 1 and vim.list_contains(words, ...) and words
    ]], proof)
    editor:check(words[1] == proof, 'the proof is not the first completion', words)
    -- What is preselected is taken; else the first.
    local selected = editor:lua('return vim.fn.complete_info({ "selected" }).selected')
    editor:type(selected == 0 and '<C-y>' or '<C-n><C-y>')
    editor:wait_for_line(2, '  ' .. proof)
    editor:type('<Esc>')
    editor:wait_for_warnings(1)
  end)

  step('wide characters before and behind the sorry', function()
    editor:cursor_on('sorry', 2)
    editor:choose('Prove this sorry')
    local begin = 'theorem wide (p : Prop) (h : p) : "𝔽🎉" = "𝔽🎉" ∧ p := by /- 𝔽🎉 -/ '
    local line = editor:wait('the sorry to be replaced', [[
      local line = vim.fn.getline(5)
      return not line:find('sorry', 1, true) and line
    ]])
    editor:check(vim.startswith(line, begin) and vim.endswith(line, ' /- 𝔽 -/'), 'what stands around it has changed', line)
    editor:wait_for_warnings(0)
    editor:wait_for_progress('end')
  end)

  step('a long search is stopped by the command', function()
    editor:command('edit! ' .. hard)
    editor:wait_for_warnings(1)
    editor:cursor_on('sorry')
    editor:choose('Prove this sorry')
    editor:wait_for_progress('report')
    ways.stop(editor)
    local ended = editor:wait_for_progress('end')
    editor:check(ended.message == 'stopped', 'it was not stopped', ended)
  end)

  step('and by the progress display', function()
    editor:choose('Prove this sorry')
    local report = editor:wait_for_progress('report')
    editor:lua([[
      vim.lsp.get_clients({ bufnr = 0 })[1]:notify('window/workDoneProgress/cancel', { token = ... })
    ]], report.token)
    local ended = editor:wait_for_progress('end')
    editor:check(ended.message == 'stopped', 'it was not stopped', ended)
    editor:check(editor:lines()[4] == '  sorry', 'the text has changed', editor:lines())
  end)

  step('every sorry of a file', function()
    editor:command('edit! ' .. many)
    editor:wait_for_warnings(3)
    ways.prove_all(editor)
    local ended = editor:wait_for_progress('end')
    editor:check(ended.message == '3 of 3 proved', 'not all are proved', ended)
    editor:wait_for_warnings(0)
    local text = table.concat(editor:lines(), '\n')
    editor:check(not text:find('sorry', 1, true), 'a sorry is left', text)
  end)

  ways.more(editor, step)

  step('`:qa!` in the middle of a search', function()
    editor:command('edit! ' .. hard)
    editor:wait_for_warnings(1)
    editor:cursor_on('sorry')
    editor:choose('Prove this sorry')
    editor:wait_for_progress('report')
    editor:quit()
  end)
end
