--- `:checkhealth unsorry`

local server = require('unsorry.server')

local M = {}

local health = vim.health

local OLDEST = '0.11.5'

---How long all answers together are waited for, in milliseconds: nothing else happens meanwhile.
local TIMEOUT_MS = 1000

local function check_neovim()
  health.start('Neovim')
  local version = tostring(vim.version())
  if vim.fn.has('nvim-' .. OLDEST) == 1 then
    health.ok(('Neovim %s'):format(version))
  else
    health.error(('Neovim %s is too old'):format(version), { ('Install Neovim %s or later.'):format(OLDEST) })
  end
  local plugin = vim.api.nvim_get_runtime_file('lua/lean/lsp.lua', false)[1]
  if plugin then
    health.ok(('lean.nvim is there; its Lean is put behind unsorry (%s)'):format(vim.fs.dirname(plugin)))
  else
    health.info('lean.nvim is not loaded: no infoview; unsorry does without')
  end
end

---@class unsorry.Answers
---@field version? string
---@field problem? string with the program
---@field statuses table<integer, { err: lsp.ResponseError?, result: unsorry.Status? }> by client

---Asks the program and all servers, side by side.
---@param program? string
---@param problem? string
---@return unsorry.Answers
local function ask(program, problem)
  local answers = { problem = problem, statuses = {} }
  local open = 0
  if program then
    open = open + 1
    server.version(program, function(version, wrong)
      answers.version, answers.problem = version, wrong
      open = open - 1
    end)
  end
  for _, client in ipairs(server.clients()) do
    local sent = server.request(client, 'status', {}, function(err, result)
      answers.statuses[client.id] = { err = err, result = result }
      open = open - 1
    end)
    open = open + (sent and 1 or 0)
  end
  vim.wait(TIMEOUT_MS, function()
    return open == 0
  end, 10)
  return answers
end

---@param program? string
---@param answers unsorry.Answers
local function check_programs(program, answers)
  health.start('Programs')
  if answers.version then
    health.ok(('%s (%s)'):format(answers.version, program))
  elseif answers.problem then
    health.error(answers.problem)
  else
    health.error(('%s does not say its version within %d ms'):format(program, TIMEOUT_MS), {
      ('Try `%s --version` in a terminal.'):format(program),
    })
  end
  local lean, lake = vim.fn.exepath('lean'), vim.fn.exepath('lake')
  if lean == '' and lake == '' then
    health.error('no `lean` and no `lake` on PATH', {
      'Install Lean with elan (https://lean-lang.org/install), and start Neovim from a shell that has it on PATH.',
    })
  else
    health.ok(('Lean: %s'):format(lean ~= '' and lean or lake))
  end
end

---@param status unsorry.Status
local function report(status)
  health.ok(('engines: %s (set up: %s)'):format(
    table.concat(status.engines, ', '),
    table.concat(status.available, ', ')
  ))
  if status.complaint and status.complaint ~= vim.NIL then
    local file = type(status.config) == 'string' and vim.uv.fs_stat(status.config) and status.config .. ', ' or ''
    health.error(('a mistake in the configuration: %s'):format(status.complaint), {
      ("Correct it in %sthe project's .unsorry.toml or the settings given to setup."):format(file),
    })
  end
  health.info(('log: %s'):format(status.log ~= vim.NIL and status.log or 'none'))
end

---@param answers unsorry.Answers
local function check_clients(answers)
  health.start('Language servers')
  local seen = 0
  for _, client in ipairs(vim.lsp.get_clients()) do
    local label = ('%s (id %d, %s)'):format(client.name, client.id, client.config.root_dir or 'of no project')
    if server.is_ours(client) then
      seen = seen + 1
      health.ok(('%s goes through unsorry'):format(label))
      local answer = answers.statuses[client.id] or {}
      if answer.result then
        report(answer.result)
      else
        local why = answer.err and answer.err.message or ('no answer within %d ms'):format(TIMEOUT_MS)
        health.warn(('it does not say how it stands: %s'):format(why), {
          'Look again when it has less to do. If it stays so: is its `unsorry` older than this plugin? Update it.',
        })
      end
    elseif client.name == 'leanls' then
      seen = seen + 1
      health.error(('%s does not go through unsorry'):format(label), server.advice(client))
    end
  end
  if seen == 0 then
    health.info('no Lean is running: open a .lean file, and look again')
  end
end

function M.check()
  local program, problem = server.program()
  local answers = ask(program, problem)
  check_neovim()
  check_programs(program, answers)
  check_clients(answers)
end

return M
