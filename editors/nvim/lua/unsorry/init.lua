--- unsorry in Neovim: your Lean starts behind `unsorry serve`, and `:Unsorry` has its commands.

local M = {}

---@class unsorry.Options
---@field program? string the program, if it is neither on PATH nor in ~/.cargo/bin
---@field settings? table what a project's .unsorry.toml can have, such as { search = { budget = '30s' } }
---@field progress? boolean whether a search is shown in the message line (default true)

---@type unsorry.Options
M.options = { settings = {}, progress = true }

---Puts unsorry in front of the Lean that `leanls` starts. May be called again, with other options.
---@param options? unsorry.Options
function M.setup(options)
  options = options or {}
  vim.validate('options', options, 'table')
  vim.validate('options.program', options.program, 'string', true)
  vim.validate('options.settings', options.settings, 'table', true)
  vim.validate('options.progress', options.progress, 'boolean', true)
  M.options = vim.tbl_extend('force', { settings = {}, progress = true }, options)
  require('unsorry.server').setup()
  require('unsorry.progress').setup()
  require('unsorry.command').setup()
end

---Proves the sorry at the cursor, else the next one of the file.
function M.prove()
  require('unsorry.actions').prove()
end

---Proves every sorry of the file.
function M.all()
  require('unsorry.actions').all()
end

---Stops every search.
function M.stop()
  require('unsorry.actions').stop()
end

---Says what unsorry is doing.
function M.status()
  require('unsorry.actions').status()
end

---Opens the log.
function M.log()
  require('unsorry.actions').log()
end

---Has these engines asked from now on, in this order; without names lets you choose.
---@param names? string[]
function M.engine(names)
  require('unsorry.actions').engine(names or {})
end

---Runs `unsorry doctor` in a terminal.
function M.doctor()
  require('unsorry.actions').doctor()
end

---What unsorry is doing, for a status line; empty where it is not at work. Costs a look into a table.
---@return string
function M.statusline()
  return require('unsorry.status').statusline()
end

return M
