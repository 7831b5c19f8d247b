--- What the commands and the functions of the same names do.

local server = require('unsorry.server')

local M = {}

---The client that stands behind unsorry in this buffer. That there is none is told.
---@return vim.lsp.Client?
local function client()
  local found = server.clients({ bufnr = 0 })[1]
  if not found then
    server.tell(
      'no Lean that goes through unsorry is attached to this buffer; `:checkhealth unsorry` says why.',
      vim.log.levels.ERROR
    )
  end
  return found
end

---Where a word for a hole, `sorry` or `admit`, is in a line from a byte on.
---@return integer?, integer? its first byte and its last, from 1
local function find(line, from)
  local sorry, admit = line:find('sorry', from, true), line:find('admit', from, true)
  local first = sorry and admit and math.min(sorry, admit) or sorry or admit
  return first, first and first + #'sorry' - 1
end

---The places that may be a sorry: the one at the cursor first, then those behind it, then those before it.
---@return { row: integer, column: integer }[] rows and bytes, from 0
local function places()
  local row, column = unpack(vim.api.nvim_win_get_cursor(0))
  row = row - 1
  local ahead, behind = {}, {}
  for number, line in ipairs(vim.api.nvim_buf_get_lines(0, 0, -1, false)) do
    local first, last = find(line, 1)
    while first do
      local place = { row = number - 1, column = first - 1 }
      local is_before = place.row < row or (place.row == row and last < column)
      table.insert(is_before and behind or ahead, place)
      first, last = find(line, last + 1)
    end
  end
  return vim.list_extend(ahead, behind)
end

function M.prove()
  local found = client()
  if not found then
    return
  end
  local buffer, window = vim.api.nvim_get_current_buf(), vim.api.nvim_get_current_win()
  local uri = vim.uri_from_bufnr(buffer)
  local left = places()

  -- What of these is a sorry, and not a word of a comment, is known to the server.
  local function try()
    local place = table.remove(left, 1)
    if not place then
      server.tell('there is no sorry in this file.')
      return
    end
    if not vim.api.nvim_buf_is_loaded(buffer) then
      return
    end
    local line = vim.api.nvim_buf_get_lines(buffer, place.row, place.row + 1, false)[1] or ''
    local encoding = found.offset_encoding
    local character = vim.str_utfindex(line, encoding, math.min(place.column, #line))
    local position = { line = place.row, character = character }
    server.request(found, 'prove', { uri, position }, function(err)
      if err and err.message:find('no sorry at this position', 1, true) then
        try()
      elseif err then
        server.tell(err.message, vim.log.levels.ERROR)
      elseif vim.api.nvim_win_is_valid(window) and vim.api.nvim_win_get_buf(window) == buffer then
        local row, column = unpack(vim.api.nvim_win_get_cursor(window))
        local is_there = row == place.row + 1 and column >= place.column and column <= place.column + #'sorry'
        if not is_there then
          vim.api.nvim_win_call(window, function()
            vim.cmd.normal({ "m'", bang = true })
          end)
          vim.api.nvim_win_set_cursor(window, { place.row + 1, place.column })
        end
      end
    end)
  end
  try()
end

function M.all()
  local found = client()
  if found then
    server.request(found, 'proveAll', { vim.uri_from_bufnr(0) })
  end
end

function M.stop()
  for _, each in ipairs(server.clients()) do
    server.request(each, 'stop', {})
  end
end

function M.status()
  local found = client()
  if found then
    server.request(found, 'status', {}, function(err, status)
      if err then
        server.tell(err.message, vim.log.levels.ERROR)
      else
        server.tell(require('unsorry.status').describe(status))
      end
    end)
  end
end

function M.log()
  local found = client()
  if found then
    server.request(found, 'status', {}, function(err, status)
      if err then
        server.tell(err.message, vim.log.levels.ERROR)
      elseif type(status.log) ~= 'string' then
        server.tell('it writes no log: there is no folder for it.', vim.log.levels.WARN)
      else
        vim.cmd.tabedit(vim.fn.fnameescape(status.log))
        vim.cmd.normal({ 'G', bang = true })
      end
    end)
  end
end

local AS_CONFIGURED = 'as configured'

---@param names string[]
function M.engine(names)
  local found = client()
  if not found then
    return
  end
  local function set(engines)
    local before = server.engines
    server.engines = engines
    server.send_settings(function(err)
      if not err then
        M.status()
        return
      end
      server.tell(err.message, vim.log.levels.ERROR)
      server.engines = before
      -- Another server may have taken them.
      server.send_settings(function() end)
    end)
  end
  if #names > 0 then
    set(names)
    return
  end
  server.request(found, 'status', {}, function(err, status)
    if err then
      server.tell(err.message, vim.log.levels.ERROR)
      return
    end
    local choices = vim.list_extend({ AS_CONFIGURED }, status.available)
    vim.ui.select(choices, {
      prompt = ('Engines asked now: %s. From now on:'):format(table.concat(status.engines, ', ')),
    }, function(choice)
      if choice then
        set(choice ~= AS_CONFIGURED and { choice } or nil)
      end
    end)
  end)
end

function M.doctor()
  local program, problem = server.program()
  if not program then
    server.tell(problem, vim.log.levels.ERROR)
    return
  end
  local found = server.clients({ bufnr = 0 })[1]
  vim.cmd.new({ mods = { split = 'botright' } })
  vim.fn.jobstart({ program, 'doctor' }, { term = true, cwd = found and found.config.root_dir or nil })
end

return M
