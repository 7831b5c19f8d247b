--- A search in the message line: Neovim keeps a server's progress, but shows it nowhere by itself.

local M = {}

---On one line, which asks for no key.
---@param text string
local function shortened(text)
  local room = vim.v.echospace
  if vim.api.nvim_strwidth(text) <= room then
    return text
  end
  return vim.fn.strcharpart(text, 0, room - 1) .. '…'
end

---@param value { kind: string, title?: string, message?: string }
local function show(value)
  local title = value.kind == 'end' and 'unsorry' or value.title
  local text = ('%s: %s'):format(title or 'unsorry', value.message or 'done')
  vim.api.nvim_echo({ { shortened(text) } }, false, {})
end

function M.setup()
  local group = vim.api.nvim_create_augroup('unsorry.progress', {})
  if not require('unsorry').options.progress then
    return
  end
  vim.api.nvim_create_autocmd('LspProgress', {
    group = group,
    callback = function(event)
      local params = event.data.params
      if type(params.token) == 'string' and vim.startswith(params.token, 'unsorry:') then
        show(params.value)
      end
    end,
  })
end

return M
