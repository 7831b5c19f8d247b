--- `:checkhealth unsorry`

local server = require('unsorry.server')

local M = {}

local health = vim.health

local OLDEST = '0.11.5'

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

local function check_programs()
  health.start('Programs')
  local program, problem = server.program()
  local version
  if program then
    version, problem = server.version(program)
  end
  if version then
    health.ok(('%s (%s)'):format(version, program))
  else
    health.error(problem)
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
    health.error(('a mistake in the configuration: %s'):format(status.complaint), {
      ('Correct it in %s, in the project\'s .unsorry.toml or in the settings given to setup.'):format(status.config),
    })
  end
  health.info(('log: %s'):format(status.log ~= vim.NIL and status.log or 'none'))
end

local function check_clients()
  health.start('Language servers')
  local seen = 0
  for _, client in ipairs(vim.lsp.get_clients()) do
    local label = ('%s (id %d, %s)'):format(client.name, client.id, client.config.root_dir or 'of no project')
    if server.is_ours(client) then
      seen = seen + 1
      health.ok(('%s goes through unsorry'):format(label))
      local params = { command = 'unsorry.status', arguments = {} }
      local answer, problem = client:request_sync('workspace/executeCommand', params, 2000)
      if answer and answer.result then
        report(answer.result)
      else
        local why = answer and answer.err and answer.err.message or problem
        health.warn(('it does not say how it stands: %s'):format(why), {
          'Is its `unsorry` older than this plugin? Update it.',
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
  check_neovim()
  check_programs()
  check_clients()
end

return M
