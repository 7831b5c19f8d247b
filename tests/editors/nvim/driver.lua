-- `nvim -l driver.lua SCENARIO`: drives another Neovim, a real editor that gets real keys, and checks what it shows.

local SECONDS = 90

local Editor = {}
Editor.__index = Editor

local begun = vim.uv.hrtime()

local function out(text)
  io.stdout:write(text .. '\n')
  io.stdout:flush()
end

---What the editor under test notes about itself, from before its configuration on.
local NOTE = [[
  _G.seen = { messages = {}, progress = {}, status = {} }
  local notify = vim.notify
  vim.notify = function(message, level, options)
    table.insert(seen.messages, message)
    return notify(message, level, options)
  end
  vim.api.nvim_create_autocmd('LspProgress', { callback = function(event)
    local params = event.data.params
    local text = vim.lsp.status()
    table.insert(seen.progress, { token = params.token, kind = params.value.kind, title = params.value.title, message = params.value.message })
    table.insert(seen.status, text)
  end })
]]

---An editor with this configuration, and perhaps a file.
---@param config string Lua
---@param file? string
function Editor.new(config, file)
  local init = vim.fn.tempname() .. '.lua'
  vim.fn.writefile(vim.split(NOTE .. config, '\n'), init)
  local self = setmetatable({ ended = false }, Editor)
  local command = { vim.env.NVIM, '--embed', '--headless', '-i', 'NONE', '-n', '-u', init, file }
  self.channel = vim.fn.jobstart(command, {
    rpc = true,
    on_exit = function()
      self.ended = true
    end,
    -- This one's own variables would lead it astray.
    env = { NVIM = '', VIM = '', MYVIMRC = '' },
  })
  assert(self.channel > 0, 'Neovim does not start')
  return self
end

---Runs Lua in the editor; `...` is there too.
function Editor:lua(code, ...)
  return vim.rpcrequest(self.channel, 'nvim_exec_lua', code, { ... })
end

---Types.
function Editor:type(keys)
  vim.rpcrequest(self.channel, 'nvim_input', keys)
end

function Editor:command(command)
  return self:lua('return vim.api.nvim_exec2(..., { output = true }).output', command)
end

function Editor:lines()
  return self:lua('return vim.api.nvim_buf_get_lines(0, 0, -1, false)')
end

---Waits until Lua gives something, and gives that.
---@param what string what is waited for
function Editor:wait(what, code, ...)
  local arguments = { ... }
  local value
  local quit
  local came = vim.wait(SECONDS * 1000, function()
    value = self:lua(code, unpack(arguments))
    quit = self:lua('return vim.iter(seen.messages):any(function(m) return m:find("quit with exit code", 1, true) end)')
    return quit or (value ~= nil and value ~= vim.NIL and value ~= false)
  end, 50)
  if not came or quit then
    self:fail(quit and 'the server ended before there was ' .. what or ('waited %d s for %s'):format(SECONDS, what))
  end
  return value
end

---Waits for the line, counted from 1, to be this.
function Editor:wait_for_line(number, text)
  self:wait(('line %d to be `%s`'):format(number, text), 'local n, text = ... return vim.fn.getline(n) == text', number, text)
end

---Waits until Lean has told what it has to tell of this text: so many warnings that a `sorry` is used.
function Editor:wait_for_warnings(count)
  self:wait(('%d warnings of Lean'):format(count), [[
    local warnings = vim.tbl_filter(function(d) return d.message:find('sorry') end, vim.diagnostic.get(0))
    local client = vim.lsp.get_clients({ bufnr = 0 })[1]
    return client ~= nil and #warnings == ...
  ]], count)
end

---Puts the cursor on the so manyth word of the text.
function Editor:cursor_on(word, number)
  self:lua([[
    local word, number = ...
    vim.fn.cursor(1, 1)
    for i = 1, number do vim.fn.search('\\V\\<' .. word .. '\\>', i == 1 and 'cW' or 'W') end
  ]], word, number or 1)
end

---Waits for a message that has this.
function Editor:wait_for_message(text)
  return self:wait(('a message with `%s`'):format(text), [[
    local text = ...
    return vim.iter(seen.messages):find(function(message) return message:find(text, 1, true) ~= nil end)
  ]], text)
end

---Waits for a progress of this kind, and gives it; those before are forgotten.
function Editor:wait_for_progress(kind)
  return self:wait('progress: ' .. kind, [[
    local kind = ...
    while seen.progress[1] do
      local progress = table.remove(seen.progress, 1)
      if progress.kind == kind then return progress end
    end
  ]], kind)
end

---Does what the code action of this title does.
function Editor:choose(title)
  self:wait('the code action ' .. title, [[
    local params = vim.lsp.util.make_range_params(0, 'utf-16')
    params.context = { diagnostics = {} }
    local title = ...
    for _, answer in pairs(vim.lsp.buf_request_sync(0, 'textDocument/codeAction', params, 5000) or {}) do
      for _, action in ipairs(answer.result or {}) do
        if action.title == title then return true end
      end
    end
  ]], title)
  self:lua([[
    local title = ...
    vim.lsp.buf.code_action({ filter = function(action) return action.title == title end, apply = true })
  ]], title)
end

---The text of the first float.
function Editor:float()
  return self:wait('a float', [[
    for _, window in ipairs(vim.api.nvim_list_wins()) do
      if vim.api.nvim_win_get_config(window).relative ~= '' then
        return table.concat(vim.api.nvim_buf_get_lines(vim.api.nvim_win_get_buf(window), 0, -1, false), '\n')
      end
    end
  ]])
end

---The command line and the folder of the unsorry behind this buffer.
function Editor:server()
  local status = self:wait('unsorry to be attached', [[
    for _, client in ipairs(vim.lsp.get_clients({ bufnr = 0 })) do
      local answer = client:request_sync('workspace/executeCommand', { command = 'unsorry.status', arguments = {} }, 5000)
      if answer and answer.result then return answer.result end
    end
  ]])
  local file = assert(io.open(('/proc/%d/cmdline'):format(status.pid)))
  local words = vim.split(file:read('*a'), '\0', { plain = true, trimempty = true })
  file:close()
  return { status = status, words = words, folder = vim.uv.fs_realpath(('/proc/%d/cwd'):format(status.pid)) }
end

function Editor:fail(why)
  local ok, seen = pcall(self.lua, self, [[return vim.inspect({
    lines = vim.api.nvim_buf_get_lines(0, 0, -1, false), cursor = vim.api.nvim_win_get_cursor(0), mode = vim.fn.mode(),
    diagnostics = vim.tbl_map(function(d) return d.lnum + 1 .. ': ' .. d.message end, vim.diagnostic.get(0)),
    clients = vim.tbl_map(function(c) return c.name end, vim.lsp.get_clients()), seen = seen,
  })]])
  error(('%s\nThe editor: %s'):format(why, ok and seen or 'is gone'), 0)
end

---@param good any
---@param what string
---@param seen? any
function Editor:check(good, what, seen)
  if not good then
    self:fail(('%s\nSeen: %s'):format(what, vim.inspect(seen)))
  end
end

---Has the editor end, mid-work or not.
function Editor:quit()
  if not self.ended then
    vim.rpcnotify(self.channel, 'nvim_command', 'qa!')
    if not vim.wait(SECONDS * 1000, function() return self.ended end, 20) then
      error('`:qa!` does not end Neovim', 0)
    end
  end
end

---A step of a scenario: its name, and how long it took.
local function step(name, work)
  local since = vim.uv.hrtime()
  local ok, problem = pcall(work)
  out(('  %s %s (%.1f s)'):format(ok and 'ok' or 'FAILED', name, (vim.uv.hrtime() - since) / 1e9))
  if not ok then
    out('    ' .. tostring(problem):gsub('\n', '\n    '))
    os.exit(1)
  end
end

---Writes a file into the working folder and gives its path.
local function write(name, text)
  local path = vim.fs.joinpath(vim.uv.cwd(), name)
  vim.fn.mkdir(vim.fs.dirname(path), 'p')
  vim.fn.writefile(vim.split(text, '\n'), path)
  return path
end

local ok, problem = pcall(loadfile(_G.arg[1]), { Editor = Editor, step = step, write = write })
if not ok then
  out('  FAILED ' .. tostring(problem))
  os.exit(1)
end
out(('  %.1f s in all'):format((vim.uv.hrtime() - begun) / 1e9))
os.exit(0)
