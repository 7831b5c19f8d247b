--- What a server says of itself: told in words, and kept at hand for a status line.

local server = require('unsorry.server')

local M = {}

---@class unsorry.Status
---@field revision integer
---@field version string
---@field pid integer
---@field engines string[] asked by the next search, in this order
---@field available string[] all that are set up
---@field jobs { uri: string, message: string, proved: integer, holes: integer }[]
---@field last? { uri: string, proved: integer, holes: integer, message: string }
---@field complaint? string a mistake in the configuration
---@field log? string
---@field config? string

---How long the end of a search stands in the status line, in milliseconds.
local SHOWN = 8000

---By client: what it said last, and what the status line shows.
---@type table<integer, { text: string }>
local watched = {}

---JSON's null is a value of its own.
local function given(value)
  return value ~= vim.NIL and value or nil
end

---In one line, which asks for no key unless it has much to tell.
---@param status unsorry.Status
---@return string
function M.describe(status)
  local parts = vim.tbl_map(function(job)
    local file = vim.fs.basename(vim.uri_to_fname(job.uri))
    local count = job.holes > 1 and (' (%d of %d proved)'):format(job.proved, job.holes) or ''
    return ('%s: %s%s'):format(file, job.message, count)
  end, status.jobs)
  if #parts == 0 then
    local last = given(status.last)
    table.insert(parts, last and ('idle; last: %s'):format(last.message) or 'idle')
  end
  table.insert(parts, ('engines: %s'):format(table.concat(status.engines, ', ')))
  if given(status.complaint) then
    table.insert(parts, ('mistake in the configuration: %s'):format(status.complaint))
  end
  return table.concat(parts, '; ')
end

---@param status unsorry.Status
local function short(status)
  local job = status.jobs[1]
  if job then
    return ('unsorry: %s'):format(job.message)
  end
  if given(status.complaint) then
    return 'unsorry: mistake in the configuration, see :Unsorry status'
  end
  return 'unsorry'
end

---Has the server tell of each change, as long as it runs.
---@param client vim.lsp.Client
local function watch(client)
  local state = { text = 'unsorry' }
  watched[client.id] = state
  local function show(text)
    if text ~= state.text then
      state.text = text
      vim.cmd.redrawstatus({ bang = true })
    end
  end
  local function ask(since)
    server.request(client, 'status', { since and { since = since } }, function(err, status)
      if err then
        -- A server that ends, or an old one: the next status line asks the next server.
        return
      end
      local ended = since and #status.jobs == 0 and state.jobs and state.jobs > 0 and given(status.last)
      state.jobs = #status.jobs
      state.shown = status.revision
      if ended then
        show(('unsorry: %s'):format(ended.message))
        vim.defer_fn(function()
          if state.shown == status.revision then
            show(short(status))
          end
        end, SHOWN)
      elseif since ~= status.revision then
        show(short(status))
      end
      ask(status.revision)
    end)
  end
  ask(nil)
end

function M.statusline()
  local client = server.clients({ bufnr = 0 })[1]
  if not client then
    return ''
  end
  if not watched[client.id] then
    watch(client)
  end
  return watched[client.id].text
end

return M
