-- No plugin: the configuration of docs/editors.md.

local test = ...
local session = dofile(vim.fs.joinpath(vim.env.REPOSITORY, 'tests/editors/nvim/session.lua'))

local CONFIG = [[
  vim.lsp.config('leanls', {
    cmd = function(dispatchers, config)
      return vim.lsp.rpc.start({ 'unsorry', 'serve' }, dispatchers, { cwd = config.root_dir })
    end,
    filetypes = { 'lean' },
    root_markers = { { 'lakefile.toml', 'lakefile.lean' }, 'lean-toolchain', '.git' },
  })
  vim.lsp.enable('leanls')
  vim.api.nvim_create_autocmd('LspAttach', { callback = function(event)
    vim.lsp.completion.enable(true, event.data.client_id, event.buf)
  end })
]]

session(test, CONFIG, {
  started = function() end,
  stop = function(editor)
    editor:lua([[
      local client = vim.lsp.get_clients({ bufnr = 0 })[1]
      client:request('workspace/executeCommand', { command = 'unsorry.stop', arguments = { vim.uri_from_bufnr(0) } })
    ]])
  end,
  prove_all = function(editor)
    editor:lua('vim.fn.cursor(1, 1)')
    editor:choose('Prove every sorry in this file')
  end,
  more = function() end,
})
