--- How `leanls` comes to be started through unsorry.

local M = {}

local NAME = 'leanls'

local INSTALL = 'Install it with `cargo install --path lsp-proxy` in a clone of unsorry, '
  .. 'or say where it is: require("unsorry").setup { program = "…" }.'

---How Lean was going to be started, before we came.
---@type string[]|fun(dispatchers: vim.lsp.rpc.Dispatchers, config: vim.lsp.ClientConfig): vim.lsp.rpc.PublicClient
local original

---The program, once it has shown that it works.
---@type string?
local working

---The last problem that was told.
---@type string?
local told

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

---What the program says of itself, such as `unsorry 0.1.0`.
---@param program string
---@return string? version
---@return string? problem
function M.version(program)
  local started, run = pcall(vim.system, { program, '--version' }, { text = true, timeout = 5000 })
  if not started then
    return nil, ('%s does not start: %s. %s'):format(program, run, INSTALL)
  end
  local result = run:wait()
  local version = vim.trim(result.stdout or '')
  if result.code ~= 0 or not version:match('^unsorry ') then
    local said = vim.trim((result.stderr or '') .. ' ' .. version)
    return nil, ('%s does not work (exit code %d): %s. %s'):format(program, result.code, said, INSTALL)
  end
  return version
end

---The program, if it works. What is wrong is told once.
---@return string?
local function find_working()
  if working then
    return working
  end
  local program, problem = M.program()
  if program then
    _, problem = M.version(program)
  end
  if not problem then
    working = program
  elseif problem ~= told then
    told = problem
    M.tell(problem .. ' Lean runs without it; `:checkhealth unsorry` says more.', vim.log.levels.WARN)
  end
  return working
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

---The settings as the server is told them.
local function settings()
  local chosen = require('unsorry').options.settings
  return next(chosen) and chosen or vim.empty_dict()
end

---The `cmd` of `leanls`.
---@param dispatchers vim.lsp.rpc.Dispatchers
---@param config vim.lsp.ClientConfig
local function start(dispatchers, config)
  local program = find_working()
  config.init_options = vim.tbl_extend('force', config.init_options or {}, { unsorry = settings() })
  return start_original(function(command)
    return program and behind(program, command) or command
  end, dispatchers, config)
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
function M.request(client, command, arguments, answer)
  local params = { command = 'unsorry.' .. command, arguments = arguments }
  client:request('workspace/executeCommand', params, function(err, result)
    if answer then
      answer(err, result)
    elseif err then
      M.tell(err.message, vim.log.levels.ERROR)
    end
  end)
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
  if late and vim.fn.has('nvim-0.12') == 1 and vim.lsp.is_enabled(NAME) and find_working() then
    arrange(true)
    restart(client)
  end
end

---Sends what is set now to the servers that run.
---@param answer? fun(err: lsp.ResponseError?)
function M.send_settings(answer)
  for _, client in ipairs(M.clients()) do
    M.request(client, 'settings', { settings() }, answer)
  end
end

function M.setup()
  working, told = nil, nil
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
      end
    end,
  })
  vim.iter(vim.lsp.get_clients({ name = NAME })):each(adopt)
  if original or next(settings()) then
    M.send_settings()
  end
end

return M
