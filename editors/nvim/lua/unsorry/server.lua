--- How `leanls` comes to be started through unsorry.

local M = {}

local NAME = 'leanls'

local INSTALL = 'Install it with `cargo install --path lsp-proxy` in a clone of unsorry, '
  .. 'or say where it is: require("unsorry").setup { program = "…" }.'

---How Lean was going to be started, before we came.
---@type string[]|fun(dispatchers: vim.lsp.rpc.Dispatchers, config: vim.lsp.ClientConfig): vim.lsp.rpc.PublicClient
local original

---How long the program may take to say its version, in milliseconds.
local VERSION_TIMEOUT_MS = 5000

---The program, once it has shown that it works.
---@type string?
local working

---Who waits to hear whether the program works; none while nobody has asked.
---@type (fun(program: string?))[]?
local waiting

---The last problem that was shown to the user.
---@type string?
local last_problem

---What each client's server has said last of how it stands, by the client's id.
---@type table<integer, unsorry.Status>
M.statuses = {}

---The engines chosen by `:Unsorry engine`, in front of those of the settings.
---@type string[]?
M.engines = nil

---@param message string
---@param level? integer
function M.tell(message, level)
  vim.notify('unsorry: ' .. message, level or vim.log.levels.INFO)
end

---Where the program is.
---@return string? path
---@return string? problem what is wrong, and what to do
function M.program()
  local wanted = require('unsorry').options.program
  local names = wanted and { wanted } or { 'unsorry', '~/.cargo/bin/unsorry' }
  for _, name in ipairs(names) do
    local path = vim.fn.exepath(vim.fs.normalize(name))
    if path ~= '' then
      return path
    end
  end
  if wanted then
    return nil, ('`%s`, given to setup as `program`, is no program. Correct it, or leave it out.'):format(wanted)
  end
  return nil, ('no program `unsorry` on PATH or in ~/.cargo/bin. %s'):format(INSTALL)
end

---Asks the program for its version, such as `unsorry 0.1.0`. Comes back at once.
---@param program string
---@param answer fun(version: string?, problem: string?)
function M.version(program, answer)
  local options = { text = true, timeout = VERSION_TIMEOUT_MS }
  local started, problem = pcall(vim.system, { program, '--version' }, options, function(result)
    local version = vim.trim(result.stdout or '')
    vim.schedule(function()
      if result.code == 0 and version:match('^unsorry ') then
        return answer(version)
      end
      local said = vim.trim((result.stderr or '') .. ' ' .. version)
      answer(nil, ('%s does not work (exit code %d): %s. %s'):format(program, result.code, said, INSTALL))
    end)
  end)
  if not started then
    answer(nil, ('%s does not start: %s. %s'):format(program, problem, INSTALL))
  end
end

---Shows what is wrong with the program, once.
---@param problem string
local function complain(problem)
  if problem ~= last_problem then
    last_problem = problem
    M.tell(problem .. ' Lean runs without it; `:checkhealth unsorry` says more.', vim.log.levels.WARN)
  end
end

---Finds the program and whether it works: at once where that is known, later where it must be asked.
---@param answer fun(program: string?)
local function with_working(answer)
  if working then
    return answer(working)
  end
  local program, problem = M.program()
  if not program then
    complain(problem)
    return answer(nil)
  end
  if waiting then
    return table.insert(waiting, answer)
  end
  waiting = { answer }
  M.version(program, function(version, wrong)
    working = version and program
    if wrong then
      complain(wrong)
    end
    local all = waiting or {}
    waiting = nil
    for _, each in ipairs(all) do
      each(working)
    end
  end)
end

---The command behind unsorry; one that is unsorry's already stays.
---@param program string
---@param command string[]
local function behind(program, command)
  if vim.fs.basename(command[1]):match('^unsorry') then
    return command
  end
  return vim.list_extend({ program, 'serve', '--' }, command)
end

---Starts what was configured, with `change` applied to its command.
---@param change fun(command: string[]): string[]
---@param dispatchers vim.lsp.rpc.Dispatchers
---@param config vim.lsp.ClientConfig
local function start_original(change, dispatchers, config)
  local rpc_start = vim.lsp.rpc.start
  if type(original) == 'table' then
    local extra = { cwd = config.cmd_cwd, env = config.cmd_env, detached = config.detached }
    return rpc_start(change(original), dispatchers, extra)
  end
  -- A function, as lean.nvim's, chooses command and folder itself, and starts it in the end: there we come between.
  vim.lsp.rpc.start = function(command, ...)
    return rpc_start(change(command), ...)
  end
  local ok, result = pcall(original, dispatchers, config)
  vim.lsp.rpc.start = rpc_start
  if not ok then
    error(result, 0)
  end
  return result
end

---The settings as a server is told them: the user's own `init_options`, setup's, the engines chosen since.
---@param config table of the client
local function settings(config)
  local own = config.unsorry or vim.tbl_get(config, 'init_options', 'unsorry') or {}
  local chosen = M.engines and { search = { engines = M.engines } } or {}
  local all = vim.tbl_deep_extend('force', own, require('unsorry').options.settings, chosen)
  -- An empty table would be sent as a list.
  for name, value in pairs(all) do
    all[name] = type(value) == 'table' and next(value) == nil and vim.empty_dict() or value
  end
  return next(all) and all or vim.empty_dict()
end

---Stands in for a server that cannot be started yet, and queues what is sent to it till then.
---@param dispatchers vim.lsp.rpc.Dispatchers
---@return vim.lsp.rpc.PublicClient
---@return fun(start: fun(): vim.lsp.rpc.PublicClient) begin starts it
local function started_later(dispatchers)
  ---@type vim.lsp.rpc.PublicClient?
  local server
  local queue, closed, requests = {}, false, 0
  local client = {}

  function client.request(...)
    if server then
      return server.request(...)
    end
    table.insert(queue, { 'request', ... })
    -- The server will count the same.
    requests = requests + 1
    return not closed, requests
  end

  function client.notify(...)
    if server then
      return server.notify(...)
    end
    table.insert(queue, { 'notify', ... })
    return not closed
  end

  function client.is_closing()
    return server and server.is_closing() or closed
  end

  function client.terminate()
    if server then
      return server.terminate()
    elseif not closed then
      closed = true
      dispatchers.on_exit(0, 15)
    end
  end

  local function begin(start)
    if closed then
      return
    end
    local ok, result = pcall(start)
    if not ok then
      M.tell(('Lean does not start: %s'):format(result), vim.log.levels.ERROR)
      return client.terminate()
    end
    server = result
    for _, message in ipairs(queue) do
      server[message[1]](unpack(message, 2, table.maxn(message)))
    end
  end
  return client, begin
end

---The `cmd` of `leanls`.
---@param dispatchers vim.lsp.rpc.Dispatchers
---@param config vim.lsp.ClientConfig
local function start(dispatchers, config)
  -- The user's own are kept: from this configuration the server may be started anew, with other settings.
  config.unsorry = config.unsorry or vim.tbl_get(config, 'init_options', 'unsorry') or {}
  config.init_options = vim.tbl_extend('force', config.init_options or {}, { unsorry = settings(config) })
  local server, client, begin
  with_working(function(program)
    local function start_behind()
      return start_original(function(command)
        return program and behind(program, command) or command
      end, dispatchers, config)
    end
    if begin then
      begin(start_behind)
    else
      server = start_behind()
    end
  end)
  if server then
    return server
  end
  -- It is not known yet whether the program works, and an editor waits for nobody.
  client, begin = started_later(dispatchers)
  return client
end

---For who has configured no `leanls` at all.
---@type vim.lsp.Config
local OF_OUR_OWN = {
  filetypes = { 'lean' },
  root_markers = { { 'lakefile.toml', 'lakefile.lean' }, 'lean-toolchain', '.git' },
  cmd = function(dispatchers, config)
    local root = config.root_dir
    local in_project = root
      and vim.iter({ 'lakefile.toml', 'lakefile.lean' }):any(function(name)
        return vim.uv.fs_stat(vim.fs.joinpath(root, name)) ~= nil
      end)
    local command = in_project and { 'lake', 'serve', '--' } or { 'lean', '--server' }
    -- Lean looks for its project in the folder that it is started in.
    return vim.lsp.rpc.start(command, dispatchers, { cwd = config.cmd_cwd or root, env = config.cmd_env })
  end,
}

---Before Neovim has started up, only 0.12 takes notice of the files that are open already.
local function enable()
  if vim.v.vim_did_enter == 1 then
    vim.lsp.enable(NAME)
  else
    vim.api.nvim_create_autocmd('VimEnter', { once = true, callback = enable })
  end
end

---Puts us into the configuration of `leanls`, as it is now.
---@param last boolean whether nobody can configure it any more
local function arrange(last)
  local config = vim.lsp.config[NAME]
  if not (config and config.cmd) then
    if not last then
      return
    end
    original = OF_OUR_OWN.cmd
    vim.lsp.config(NAME, vim.tbl_extend('force', OF_OUR_OWN, { cmd = start }))
    enable()
  elseif config.cmd ~= start then
    original = config.cmd
    vim.lsp.config(NAME, { cmd = start })
  end
end

---Whether a client's server is unsorry, however it came to be.
---@param client vim.lsp.Client
---@return boolean
function M.is_ours(client)
  local commands = vim.tbl_get(client.server_capabilities or {}, 'executeCommandProvider', 'commands') or {}
  return vim.iter(commands):any(function(command)
    return vim.startswith(command, 'unsorry.')
  end)
end

---What to do about a Lean that does not go through unsorry.
---@param client vim.lsp.Client
---@return string[]
function M.advice(client)
  if not working then
    return { 'Once the program works (see above), restart Neovim.' }
  elseif client.config.cmd ~= start then
    return {
      'It was started before setup was called: call setup in init.lua, and restart Neovim.',
      'Or it was not started by `vim.lsp.enable("leanls")`: put `unsorry serve --` in front of its command.',
    }
  end
  return { '`cmd` of `leanls` starts it without vim.lsp.rpc.start. Put `unsorry serve --` in front of its command.' }
end

---The clients behind which unsorry stands.
---@param filter? vim.lsp.get_clients.Filter
---@return vim.lsp.Client[]
function M.clients(filter)
  return vim.tbl_filter(M.is_ours, vim.lsp.get_clients(filter))
end

---@param client vim.lsp.Client
---@param command string without `unsorry.`
---@param arguments any[]
---@param answer? fun(err: lsp.ResponseError?, result: any)
---@return boolean sent
function M.request(client, command, arguments, answer)
  local params = { command = 'unsorry.' .. command, arguments = arguments }
  local sent = client:request('workspace/executeCommand', params, function(err, result)
    if command == 'status' and not err then
      M.statuses[client.id] = result
    end
    if answer then
      answer(err, result)
    elseif err then
      M.tell(err.message, vim.log.levels.ERROR)
    end
  end)
  return sent
end

---A Lean that was started before us starts anew, with us in front.
---@param client vim.lsp.Client
local function restart(client)
  vim.lsp.enable(NAME, false)
  local timer = assert(vim.uv.new_timer())
  timer:start(
    0,
    50,
    vim.schedule_wrap(function()
      if client:is_stopped() and not timer:is_closing() then
        timer:close()
        vim.lsp.enable(NAME)
      end
    end)
  )
end

---@param client vim.lsp.Client
local function adopt(client)
  local late = client.name == NAME and client.config.cmd ~= start and not M.is_ours(client)
  -- 0.11 can neither say who is enabled nor stop them; `:checkhealth` says what to do then.
  if late and vim.fn.has('nvim-0.12') == 1 and vim.lsp.is_enabled(NAME) then
    with_working(function(program)
      if program and not client:is_stopped() then
        arrange(true)
        restart(client)
      end
    end)
  end
end

---Has the status of a server at hand from the start on, for those who cannot wait for it.
---@param client vim.lsp.Client
local function ask_status(client)
  if M.is_ours(client) and not M.statuses[client.id] then
    M.request(client, 'status', {}, function() end)
  end
end

---Sends what is set now to the servers that run. When all have answered, `answer` gets the first error, if any.
---@param answer fun(err: lsp.ResponseError?)
function M.send_settings(answer)
  local clients = M.clients()
  local waiting, problem = #clients, nil
  local function answered(err)
    waiting, problem = waiting - 1, problem or err
    if waiting == 0 then
      answer(problem)
    end
  end
  for _, client in ipairs(clients) do
    if not M.request(client, 'settings', { settings(client.config) }, answered) then
      answered()
    end
  end
end

function M.setup()
  working, last_problem = nil, nil
  local group = vim.api.nvim_create_augroup('unsorry.server', {})
  -- Before the file's type is known, so before anything starts, and after all configuration.
  vim.api.nvim_create_autocmd({ 'BufReadPre', 'BufNewFile' }, {
    group = group,
    pattern = '*.lean',
    callback = function()
      arrange(false)
    end,
  })
  -- Those who load lean.nvim only now, and those who have no other configuration.
  vim.api.nvim_create_autocmd('FileType', {
    group = group,
    pattern = 'lean',
    callback = function()
      arrange(true)
    end,
  })
  vim.api.nvim_create_autocmd('LspAttach', {
    group = group,
    callback = function(event)
      local client = vim.lsp.get_client_by_id(event.data.client_id)
      if client then
        adopt(client)
        ask_status(client)
      end
    end,
  })
  vim.api.nvim_create_autocmd('LspDetach', {
    group = group,
    callback = function(event)
      local client = vim.lsp.get_client_by_id(event.data.client_id)
      if not client or client:is_stopped() then
        M.statuses[event.data.client_id] = nil
      end
    end,
  })
  vim.iter(vim.lsp.get_clients({ name = NAME })):each(adopt)
  if original or next(require('unsorry').options.settings) then
    M.send_settings(function(err)
      if err then
        M.tell(err.message, vim.log.levels.ERROR)
      end
    end)
  end
end

return M
