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

  step('engines chosen, and as configured again: what setup said stays', function()
    editor:lua([[
      _G.sent = {}
      local client = vim.lsp.get_clients({ bufnr = 0 })[1]
      local request = client.rpc.request
      client.rpc.request = function(method, params, ...)
        if method == 'workspace/executeCommand' and vim.startswith(params.command, 'unsorry.settings') then
          table.insert(sent, vim.json.encode(params.arguments[1]))
        end
        return request(method, params, ...)
      end
      vim.ui.select = function(items, _, done)
        _G.items = items
        done(items[1])
      end
      require('unsorry').setup { settings = { search = { engines = { 'tactics' } }, check = {} } }
    ]])
    local function last_sent()
      return vim.json.decode(editor:wait('settings sent', 'return table.remove(sent)'))
    end
    local configured = { search = { engines = { 'tactics' } }, check = vim.empty_dict() }
    local sent = last_sent()
    editor:check(vim.deep_equal(sent, configured), 'setup sends something else', sent)
    editor:lua('seen.messages = {}')
    editor:command('Unsorry engine')
    editor:wait_for_message('engines: tactics')
    sent = last_sent()
    editor:check(vim.deep_equal(sent, configured), 'as configured is something else', sent)
    editor:check(vim.json.encode(sent.check) == '{}', 'a table without keys is a list', sent)
    local items = editor:lua('return items')
    editor:check(vim.deep_equal(items, { 'as configured', 'tactics' }), 'other choices', items)
    editor:lua('require("unsorry").setup {}')
    editor:check(vim.json.encode(last_sent()) == '{}', 'the settings of before are still sent')
  end)

  step(':Unsorry prove in a buffer that is gone when the answer comes', function()
    local gone = test.write('Gone.lean', '-- sorry\n-- sorry')
    editor:lua([[
      local path = ...
      local server = require('unsorry.server')
      _G.request = server.request
      server.request = function(client, command, arguments, answer)
        return request(client, command, arguments, function(...)
          answered = { pcall(answer, ...) }
        end)
      end
      _G.answered = nil
      vim.cmd.edit(path)
    ]], gone)
    editor:wait('unsorry to be attached', 'return #vim.lsp.get_clients({ bufnr = 0 }) > 0')
    editor:lua('vim.cmd("Unsorry prove") vim.cmd.bwipeout()')
    local answered = editor:wait('the answer', 'return answered')
    editor:lua('require("unsorry.server").request = request')
    editor:check(answered[1], 'an error', answered[2])
  end)

  step('the status line', function()
    local hard = vim.fs.joinpath(vim.fs.dirname(work), 'Hard.lean')
    editor:command('edit! ' .. hard)
    editor:wait_for_warnings(1)
    editor:lua([[
      _G.lines = {}
      -- What stands there for a moment counts too.
      vim.cmd.redrawstatus = function() lines[require('unsorry').statusline()] = true end
      vim.o.statusline = "%{v:lua.require'unsorry'.statusline()}"
      vim.uv.new_timer():start(0, 20, vim.schedule_wrap(function() lines[require('unsorry').statusline()] = true end))
    ]])
    editor:wait('an idle status line', 'return lines["unsorry"]')
    editor:command('edit! ' .. test.write('Again.lean', 'theorem again (n : Nat) : n + 0 = n := by sorry'))
    editor:wait_for_warnings(1)
    editor:command('Unsorry prove')
    editor:wait('a status line of a proof', [[
      return vim.iter(vim.tbl_keys(lines)):any(function(line) return vim.startswith(line, 'unsorry: proved with') end)
    ]])
    editor:command('edit! ' .. hard)
    editor:wait_for_warnings(1)
    editor:lua('_G.lines = {}')
    editor:command('Unsorry prove')
    editor:wait('a status line of a search', [[
      return vim.iter(vim.tbl_keys(lines)):any(function(line) return line:find('candidates', 1, true) end)
    ]])
    editor:lua('_G.lines = {}')
    editor:command('Unsorry stop')
    editor:wait('it to be idle again', 'return require("unsorry").statusline() == "unsorry"')
    local lines = editor:lua('return vim.tbl_keys(lines)')
    editor:check(not vim.iter(lines):any(function(line)
      return line:find('proved with', 1, true) ~= nil
    end), 'what was proved before is shown as the end of what was stopped', lines)
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

  step('a server that hangs holds up neither a completion nor :checkhealth', function()
    local pid = editor:server().status.pid
    vim.uv.kill(pid, 'sigstop')
    local ok, problem = pcall(function()
      local words = editor:lua('return vim.fn.getcompletion("Unsorry engine ta", "cmdline")')
      editor:check(vim.deep_equal(words, { 'tactics' }), 'other completions', words)
      editor:command('checkhealth unsorry')
      local report = table.concat(editor:lines(), '\n')
      editor:check(report:find('it does not say how it stands: no answer within', 1, true), 'it waited', report)
      editor:command('tabclose')
    end)
    vim.uv.kill(pid, 'sigcont')
    if not ok then
      error(problem, 0)
    end
    editor:server()
  end)

  step(':checkhealth unsorry tells of a mistake, and names only a file that is there', function()
    local function report(config)
      editor:lua([[
        local client, config = vim.lsp.get_clients({ name = 'leanls' })[1], ...
        function client.request(_, _, _, answer)
          answer(nil, { engines = {}, available = {}, complaint = 'no key `bugdet`', config = config })
          return true, 0
        end
        vim.cmd.checkhealth('unsorry')
        client.request = nil
      ]], config)
      local text = table.concat(editor:lines(), '\n')
      editor:command('tabclose')
      editor:check(text:find('a mistake in the configuration: no key `bugdet`', 1, true), 'no mistake is told of', text)
      return text
    end
    local text = report(vim.NIL)
    editor:check(text:find("Correct it in the project's .unsorry.toml or", 1, true), 'other advice', text)
    text = report('/nowhere/config.toml')
    editor:check(text:find("Correct it in the project's .unsorry.toml or", 1, true), 'other advice', text)
    text = report(work)
    editor:check(text:find('Correct it in ' .. work .. ", the project's .unsorry.toml or", 1, true), 'other advice', text)
  end)

  step('setup refuses what it cannot take, and names it', function()
    local function refused(options, ...)
      local problem = editor:lua('return select(2, pcall(require("unsorry").setup, ' .. options .. '))')
      for _, part in ipairs({ ... }) do
        editor:check(type(problem) == 'string' and problem:find(part, 1, true), 'no `' .. part .. '` in the message', problem)
      end
    end
    refused('{ setings = {} }', '`setings`', 'program, progress, settings')
    refused('{ settings = { search = { budget = function() end } } }', '`settings.search.budget`', 'function')
    refused('{ settings = { search = { money = 1/0 } } }', '`settings.search.money`')
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
