-- Our plugin, in front of a `leanls` whose `cmd` is a function, as lean.nvim's.

local test = ...
local session = dofile(vim.fs.joinpath(vim.env.REPOSITORY, 'tests/editors/nvim/session.lua'))

local CONFIG = [[
  vim.opt.rtp:prepend(vim.env.REPOSITORY .. '/editors/nvim')
  vim.lsp.config('leanls', {
    cmd = function(dispatchers, config)
      return vim.lsp.rpc.start({ 'lean', '--server', config.root_dir }, dispatchers, { cwd = config.root_dir })
    end,
    filetypes = { 'lean' },
    root_dir = function(buffer, done) done(vim.fs.dirname(vim.api.nvim_buf_get_name(buffer))) end,
  })
  vim.lsp.enable('leanls')
  require('unsorry').setup {}
  vim.api.nvim_create_autocmd('LspAttach', { callback = function(event)
    vim.lsp.completion.enable(true, event.data.client_id, event.buf)
  end })
]]

local function more(editor, step)
  local work = test.write('Next.lean', table.concat({
    '-- sorry',
    'theorem one (n : Nat) : n + 0 = n := by sorry',
    '-- 𝔽 sorry',
    'theorem two (n : Nat) : "𝔽" = "𝔽" ∧ 0 + n = n := by /- 𝔽 -/ sorry',
  }, '\n'))

  step(':Unsorry prove goes to the next sorry, past comments, and round the end', function()
    editor:command('edit! ' .. work)
    editor:wait_for_warnings(2)
    editor:lua('vim.fn.cursor(3, 1)')
    editor:command('Unsorry prove')
    editor:wait('the cursor on line 4', 'return vim.fn.line(".") == 4')
    editor:wait_for_warnings(1)
    editor:wait_for_progress('end')
    editor:check(editor:lines()[4]:find('/- 𝔽 -/ ', 1, true), 'the line is damaged', editor:lines())
    editor:command('Unsorry prove')
    editor:wait('the cursor on line 2', 'return vim.fn.line(".") == 2')
    editor:wait_for_warnings(0)
    editor:wait_for_progress('end')
    editor:lua('seen.messages = {}')
    editor:command('Unsorry prove')
    editor:wait_for_message('there is no sorry in this file')
    editor:check(editor:lines()[1] == '-- sorry' and editor:lines()[3] == '-- 𝔽 sorry', 'a comment has changed', editor:lines())
  end)

  step(':Unsorry status, log, engine, their completion, and what is wrong', function()
    editor:lua('seen.messages = {}')
    editor:command('Unsorry status')
    local status = editor:wait_for_message('engines: tactics')
    editor:check(status:find('idle', 1, true), 'it is not idle', status)
    editor:command('Unsorry log')
    editor:wait('the log', 'return vim.api.nvim_buf_get_name(0):find("/unsorry/unsorry.log", 1, true) and vim.fn.search("started lean") > 0')
    editor:command('tabclose')
    local words = editor:lua('return { vim.fn.getcompletion("Unsorry st", "cmdline"), vim.fn.getcompletion("Unsorry engine ta", "cmdline") }')
    editor:check(vim.deep_equal(words, { { 'status', 'stop' }, { 'tactics' } }), 'other completions', words)
    editor:lua('seen.messages = {}')
    editor:command('Unsorry engine remote')
    editor:wait_for_message('has no endpoint')
    editor:lua('seen.messages = {}')
    editor:command('Unsorry engine tactics')
    editor:wait_for_message('engines: tactics')
    editor:type(':Unsorry nonsense<CR>')
    editor:wait_for_message('`:Unsorry nonsense` does not exist')
  end)

  step('the status line', function()
    editor:command('edit! ' .. vim.fs.joinpath(vim.fs.dirname(work), 'Hard.lean'))
    editor:wait_for_warnings(1)
    editor:lua([[
      _G.lines = {}
      vim.o.statusline = "%{v:lua.require'unsorry'.statusline()}"
      vim.uv.new_timer():start(0, 20, vim.schedule_wrap(function() lines[require('unsorry').statusline()] = true end))
    ]])
    editor:wait('an idle status line', 'return lines["unsorry"]')
    editor:command('Unsorry prove')
    editor:wait('a status line of a search', [[
      return vim.iter(vim.tbl_keys(lines)):any(function(line) return line:find('candidates', 1, true) end)
    ]])
    editor:command('Unsorry stop')
    editor:wait('it to be idle again', 'return require("unsorry").statusline() == "unsorry"')
  end)

  step(':help unsorry, with tags that are of this text', function()
    editor:command('help unsorry')
    local name = editor:lua('return vim.api.nvim_buf_get_name(0)')
    editor:check(vim.endswith(name, 'editors/nvim/doc/unsorry.txt'), 'another page', name)
    editor:command('help :Unsorry')
    editor:check(editor:lua('return vim.api.nvim_get_current_line()'):find('*:Unsorry*', 1, true), 'no tag of the command')
    editor:command('helpclose')
    local doc = vim.fs.joinpath(vim.env.REPOSITORY, 'editors/nvim/doc')
    local copy = vim.fs.dirname(test.write('doc/unsorry.txt', table.concat(vim.fn.readfile(doc .. '/unsorry.txt'), '\n')))
    vim.cmd.helptags(copy)
    editor:check(
      vim.deep_equal(vim.fn.readfile(copy .. '/tags'), vim.fn.readfile(doc .. '/tags')),
      'editors/nvim/doc/tags is of an older text: run `nvim --clean --headless -c "helptags editors/nvim/doc" -c q`'
    )
  end)

  step(':checkhealth unsorry finds nothing wrong', function()
    editor:command('checkhealth unsorry')
    local report = table.concat(editor:lines(), '\n')
    editor:check(not report:find('ERROR') and not report:find('WARNING'), 'it complains', report)
    editor:check(report:find('goes through unsorry', 1, true) and report:find('engines: tactics', 1, true), 'it lacks something', report)
    editor:command('tabclose')
  end)

  step('settings: a mistake is named, and mended by setup', function()
    editor:lua('require("unsorry").setup { settings = { search = { bugdet = "1s" } } }')
    editor:wait_for_message('bugdet')
    editor:lua('require("unsorry").setup { settings = { search = { budget = "1s" } } }')
    editor:lua('seen.messages, seen.progress = {}, {}')
    editor:cursor_on('sorry')
    editor:command('Unsorry prove')
    editor:wait_for_progress('end')
    editor:wait_for_message('within the budget')
  end)
end

session(test, CONFIG, {
  started = function(editor)
    local server = editor:server()
    local command = vim.list_slice(server.words, 2)
    local expected = { 'serve', '--', 'lean', '--server', server.folder }
    editor:check(vim.deep_equal(command, expected), 'it was started otherwise', server)
    editor:check(server.folder == vim.uv.fs_realpath(vim.uv.cwd()), 'in another folder', server)
  end,
  stop = function(editor)
    editor:command('Unsorry stop')
  end,
  prove_all = function(editor)
    editor:command('Unsorry all')
  end,
  more = more,
})
