-- Our plugin, and all the ways in which Lean may be configured, or the program not be there.

local test = ...
local Editor, step, write = test.Editor, test.step, test.write

local PLUGIN = [[
  vim.opt.rtp:prepend(vim.env.REPOSITORY .. '/editors/nvim')
]]

local TABLE = [[
  vim.lsp.config('leanls', { cmd = { 'lean', '--server' }, filetypes = { 'lean' }, root_markers = { 'lean-toolchain' } })
  vim.lsp.enable('leanls')
]]

local file = write('One.lean', 'theorem one (n : Nat) : n + 0 = n := by sorry')
write('project/lakefile.toml', 'name = "project"')
local in_project = write('project/Inner/Two.lean', 'theorem two (n : Nat) : n + 0 = n := by sorry')
local work = vim.uv.fs_realpath(vim.uv.cwd())

---Opens a file with this configuration, has `check` look at it, and ends.
local function with(config, path, check)
  local editor = Editor.new(config)
  editor:command('edit ' .. path)
  editor:wait_for_warnings(1)
  check(editor)
  editor:quit()
end

local function is_started(editor, words, folder)
  local server = editor:server()
  local expected = vim.list_extend({ 'serve', '--' }, words)
  editor:check(vim.deep_equal(vim.list_slice(server.words, 2), expected), 'it was started otherwise', server)
  editor:check(server.folder == folder, 'in another folder', server)
end

---Lean runs alone, the user was told once, and checkhealth says what to do.
local function runs_alone(editor, complaint)
  local messages = editor:lua('return seen.messages')
  editor:check(#messages == 1 and messages[1]:find(complaint, 1, true), 'not told once what is wrong', messages)
  editor:check(messages[1]:find('Lean runs without it', 1, true), 'not told that Lean runs', messages)
  editor:command('checkhealth unsorry')
  local report = table.concat(editor:lines(), '\n')
  editor:check(report:find('ERROR', 1, true) and report:find(complaint, 1, true), 'checkhealth finds nothing', report)
  editor:check(report:find('does not go through unsorry', 1, true), 'checkhealth does not tell of Lean', report)
end

step('a table, before setup', function()
  with(PLUGIN .. TABLE .. 'require("unsorry").setup {}', file, function(editor)
    is_started(editor, { 'lean', '--server' }, work)
  end)
end)

step('a table, after setup, and one that has unsorry already', function()
  with(PLUGIN .. 'require("unsorry").setup {}' .. TABLE .. [[
    vim.lsp.config('leanls', { cmd = { 'unsorry', 'serve', '--', 'lake', 'serve', '--' } })
  ]], file, function(editor)
    is_started(editor, { 'lake', 'serve', '--' }, work)
  end)
end)

step('no configuration: in a project', function()
  with(PLUGIN .. 'require("unsorry").setup {}', in_project, function(editor)
    is_started(editor, { 'lake', 'serve', '--' }, vim.fs.joinpath(work, 'project'))
  end)
end)

step('no configuration: a file on the command line', function()
  local editor = Editor.new(PLUGIN .. 'require("unsorry").setup {}', file)
  editor:wait_for_warnings(1)
  is_started(editor, { 'lean', '--server' }, work)
  editor:quit()
end)

step('setup when Lean runs already: it is started anew', function()
  local editor = Editor.new(PLUGIN .. TABLE)
  editor:command('edit ' .. file)
  editor:wait_for_warnings(1)
  local before = editor:lua('return vim.lsp.get_clients()[1].id')
  editor:lua('require("unsorry").setup {}')
  editor:wait('another client, alone', [[
    local clients = vim.lsp.get_clients({ bufnr = 0 })
    return #clients == 1 and clients[1].id ~= ... and clients[1].initialized
  ]], before)
  is_started(editor, { 'lean', '--server' }, work)
  editor:wait_for_warnings(1)
  editor:quit()
end)

step('no program: Lean runs alone', function()
  with(PLUGIN .. TABLE .. 'require("unsorry").setup { program = "/nowhere/unsorry" }', file, function(editor)
    runs_alone(editor, '`/nowhere/unsorry`, given to setup as `program`, is no program')
  end)
end)

step('a program that does not work, and no configuration: Lean runs alone', function()
  local broken = write('broken/unsorry', '#!/bin/sh\necho libc is too old >&2\nexit 127')
  vim.uv.fs_chmod(broken, 493)
  with(PLUGIN .. ('require("unsorry").setup { program = %q }'):format(broken), file, function(editor)
    runs_alone(editor, 'does not work (exit code 127): libc is too old')
  end)
end)

step('a program that is slow to say that it works: the editor goes on, and Lean starts behind it then', function()
  local slow = write('slow/unsorry', table.concat({
    '#!/bin/sh',
    '[ "$1" = --version ] && while [ ! -e "$0.go" ]; do sleep 0.02; done',
    ('exec %q "$@"'):format(vim.env.UNSORRY_BIN),
  }, '\n'))
  vim.uv.fs_chmod(slow, 493)
  local editor = Editor.new(PLUGIN .. TABLE .. ('require("unsorry").setup { program = %q }'):format(slow))
  editor:command('edit ' .. file)
  -- The file is there, while the program has not said a word.
  editor:check(editor:lines()[1]:find('theorem one', 1, true), 'the file is not open', editor:lines())
  editor:check(#editor:lua('return seen.messages') == 0, 'something is told', editor:lua('return seen.messages'))
  write('slow/unsorry.go', '')
  editor:wait_for_warnings(1)
  is_started(editor, { 'lean', '--server' }, work)
  editor:quit()
end)

step('without setup nothing happens', function()
  with(PLUGIN .. TABLE, file, function(editor)
    local loaded = editor:lua('return vim.tbl_filter(function(name) return vim.startswith(name, "unsorry") end, vim.tbl_keys(package.loaded))')
    editor:check(#loaded == 0 and editor:lua('return vim.fn.exists(":Unsorry")') == 0, 'something is loaded', loaded)
  end)
end)

step('two servers: what the user tells them himself stays, and each message comes once', function()
  local editor = Editor.new(PLUGIN .. [[
    vim.lsp.config('leanls', {
      cmd = { 'lean', '--server' },
      filetypes = { 'lean' },
      root_markers = { 'lakefile.toml' },
      init_options = { hasWidgets = false, unsorry = { search = { budget = '7s', polish = '1s' } } },
    })
    vim.lsp.enable('leanls')
    require('unsorry').setup { settings = { search = { polish = '2s' } } }
  ]])
  editor:command('edit ' .. file)
  editor:wait_for_warnings(1)
  editor:command('edit ' .. in_project)
  editor:wait_for_warnings(1)
  local told = editor:lua('return vim.tbl_map(function(client) return client.config.init_options end, vim.lsp.get_clients())')
  local expected = { hasWidgets = false, unsorry = { search = { budget = '7s', polish = '2s' } } }
  editor:check(vim.deep_equal(told, { expected, expected }), 'told otherwise at the start', told)
  editor:lua([[
    _G.sent, _G.waiting = {}, 0
    for _, client in ipairs(vim.lsp.get_clients()) do
      local request = client.rpc.request
      client.rpc.request = function(method, params, answer, ...)
        if method ~= 'workspace/executeCommand' then return request(method, params, answer, ...) end
        waiting = waiting + 1
        if vim.startswith(params.command, 'unsorry.settings') then table.insert(sent, params.arguments[1]) end
        return request(method, params, function(...)
          answer(...)
          waiting = waiting - 1
        end, ...)
      end
    end
  ]])
  local function messages(change)
    editor:lua('sent, seen.messages = {}, {}')
    editor:lua(change)
    editor:wait('all answers', 'return #sent >= 2 and waiting == 0')
    return editor:lua('return seen.messages')
  end
  local seen = messages('require("unsorry").setup {}')
  editor:check(#seen == 0, 'messages without a reason', seen)
  local sent = editor:lua('return sent')
  local own = { search = { budget = '7s', polish = '1s' } }
  editor:check(vim.deep_equal(sent, { own, own }), 'told otherwise later', sent)
  seen = messages('vim.cmd("Unsorry engine tactics")')
  editor:check(#seen == 1 and seen[1]:find('engines: tactics', 1, true), 'not told once', seen)
  seen = messages('vim.cmd("Unsorry engine remote")')
  editor:check(#seen == 1 and seen[1]:find('has no endpoint', 1, true), 'not told once', seen)
  seen = messages('require("unsorry").setup { settings = { search = { bugdet = "1s" } } }')
  editor:check(#seen == 1 and seen[1]:find('bugdet', 1, true), 'not told once', seen)
  editor:quit()
end)
