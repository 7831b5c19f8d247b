--- `:Unsorry`

local M = {}

local NAMES = { 'all', 'doctor', 'engine', 'log', 'prove', 'status', 'stop' }

---@param start string
---@param words string[]
local function beginning_with(start, words)
  return vim.tbl_filter(function(word)
    return vim.startswith(word, start)
  end, words)
end

---The engines that are set up, for completion, as far as the server has said: nobody waits for it here.
---@return string[]
local function engines()
  local server = require('unsorry.server')
  local client = server.clients()[1]
  if not client then
    return {}
  end
  local status = server.statuses[client.id]
  server.request(client, 'status', {}, function() end)
  return status and status.available or {}
end

---@param lead string
---@param line string
local function complete(lead, line)
  local words = vim.split(line, '%s+', { trimempty = true })
  if lead ~= '' then
    table.remove(words)
  end
  if #words == 1 then
    return beginning_with(lead, NAMES)
  end
  if words[2] == 'engine' then
    return vim.tbl_filter(function(name)
      return not vim.list_contains(words, name)
    end, beginning_with(lead, engines()))
  end
  return {}
end

function M.setup()
  vim.api.nvim_create_user_command('Unsorry', function(command)
    local name = table.remove(command.fargs, 1)
    if not vim.list_contains(NAMES, name) then
      local message = ('`:Unsorry %s` does not exist; there are %s.'):format(name, table.concat(NAMES, ', '))
      require('unsorry.server').tell(message, vim.log.levels.ERROR)
    elseif name == 'engine' then
      require('unsorry').engine(command.fargs)
    else
      require('unsorry')[name]()
    end
  end, { nargs = '+', complete = complete, desc = 'Prove a sorry, and what belongs to that' })
end

return M
