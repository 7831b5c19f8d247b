// Turns the package's loader, `lean.js` (89 MB, minified by Emscripten for a browser), into one that runs as a
// program under Node. What arrives is generated text, so the changes are patches of that text; each is a function
// named after what it does. The versions are pinned, and a patch that does not find its place exactly once stops the
// installation: a silent miss would show much later, as a Lean that hangs.
'use strict';

// Enough threads for a small file, made while the wasm is being compiled. More are made when Lean asks.
const THREADS_AT_START = 4;

// Wasm functions that the patches below call and that the loader itself does not.
const CALLED_BY_PATCHES = ['pthread_create', 'pthread_attr_init', 'pthread_attr_setstacksize', 'mi_thread_done'];

// Stands for "Lean's main" where a thread's entry point is expected; no function has this address.
const MAIN = -1;

class Source {
  constructor(text) {
    this.text = text;
  }

  replace(find, put) {
    const times = this.text.split(find).length - 1;
    if (times !== 1) throw new Error(`lean.js is not as expected: ${times} places, not 1, for ${find.slice(0, 80)}`);
    this.text = this.text.replace(find, () => put);
  }

  before(find, put) {
    this.replace(find, put + find);
  }

  after(find, put) {
    this.replace(find, find + put);
  }
}

// Nearly all of the 89 MB are `var _foo` and `_foo = wasmExports["foo"]`, for 200,000 functions of Lean's. Only the
// few that the loader calls are of use.
function dropUnusedExportWrappers(source) {
  const { text } = source;
  const assignStart = text.indexOf('function assignWasmExports');
  const assignEnd = text.indexOf('var wasmImports;function assignWasmImports');
  const namesStart = text.lastIndexOf(';var ', assignStart) + 1;
  if (namesStart <= 0 || assignEnd < assignStart) throw new Error('lean.js is not as expected: no assignWasmExports');
  const head = text.slice(0, namesStart);
  const names = text.slice(namesStart, assignStart);
  const assign = text.slice(assignStart, assignEnd);
  const tail = text.slice(assignEnd);

  const identifier = /[A-Za-z_$][\w$]*/g;
  const used = new Set((head + tail).match(identifier));
  for (const name of CALLED_BY_PATCHES) used.add('_' + name);
  const keptNames = new Set(names.match(identifier).filter(name => name !== 'var' && used.has(name)));
  const body = assign.slice(assign.indexOf('{') + 1, assign.lastIndexOf('}'));
  const keptAssignments = body.split(';').filter(statement => used.has(/^[A-Za-z_$][\w$]*(?==)/.exec(statement)?.[0]));

  source.text =
    `${head}var ${[...keptNames].join(',')};` +
    `function assignWasmExports(wasmExports){${keptAssignments.join(';')}}${tail}`;
}

// The loader is compiled by lean.cjs on the main thread and started as a file on the others; both find host.cjs.
function loadHost(source) {
  source.text = 'var host=require("./host.cjs");' + source.text;
}

// `exports.cjs` has moved Lean's functions from the exports to the function table, with an index by name.
// Left alone, each thread would walk through 200,000 exports four times, which took 2.5 s a thread.
function resolveSymbolsByIndex(source) {
  source.before('newSymIndex=Object.keys(lib.exports).indexOf(symbol);',
    'if(handle===0){var address=host.symbolAddress(symbol);if(address)return address}');
  // The table's functions need no map from function to address any more: none is ever looked up by its value.
  source.replace('functionsInTableMap=new WeakMap;updateTableMap(0,wasmTable.length)', 'functionsInTableMap=new WeakMap');
  // Addresses for the use of other wasm modules, of which there are none: those asked for are enough.
  source.replace('if(isInternalSym(symName)){continue}', 'if(isInternalSym(symName)||!(symName in GOT)){continue}');
}

// Lean's main gets a thread of its own. On Node's main thread it would block the event loop, and the event loop is
// what starts threads, notices their end, reads files for them and feeds stdin.
function runMainOnThread(source) {
  source.after('__emscripten_dlsync_self();', `if(ptr===${MAIN}){growMemViews();
    exitOnMainThread(resolveGlobalSymbol("main").sym(HEAP32[arg>>2],HEAP32[arg+4>>2]));return}`);
  source.replace('if(!noInitialRun)callMain(args);', 'if(!noInitialRun)startMain(args);');
  source.before('function callMain(args=[]){', `function startMain(args){
    args.unshift(thisProgram);
    var argv=_malloc((args.length+1)*4);
    args.forEach((text,i)=>{
      var size=lengthBytesUTF8(text)+1,pointer=_malloc(size);
      stringToUTF8(text,pointer,size);
      (growMemViews(),HEAPU32)[argv+4*i>>2]=pointer;
    });
    (growMemViews(),HEAPU32)[argv+4*args.length>>2]=0;
    var box=_malloc(64),thread=box+8,attributes=box+16;
    growMemViews();
    HEAP32[box>>2]=args.length;
    HEAP32[box+4>>2]=argv;
    _pthread_attr_init(attributes);
    _pthread_attr_setstacksize(attributes,64*1024*1024);
    noExitRuntime=true;
    var error=_pthread_create(thread,attributes,${MAIN},box);
    if(error)throw new Error("pthread_create "+error);
  }`);
  source.replace('var pthreadPoolSize=4', `var pthreadPoolSize=${THREADS_AT_START}`);
}

// mimalloc is told of a thread's end by a hook that wasm lacks. Without it every change of a document leaks the heaps
// of its threads, 80 MB, and the worker panics at 2 GB after about 25 changes.
function freeThreadHeaps(source) {
  source.before('__emscripten_thread_exit(result)}finish(result)', '_mi_thread_done();');
}

// stdin, stdout and stderr straight from the thread that asks: Emscripten's own go through the main thread, a
// character at a time, and lose what is not yet written when the process ends.
function useProcessStdio(source) {
  source.after('function _fd_read(fd,iov,iovcnt,pnum){',
    'if(fd===0){growMemViews();return host.readStdin(HEAPU8,HEAPU32,iov,iovcnt,pnum)}');
  source.after('function _fd_write(fd,iov,iovcnt,pnum){',
    'if(fd===1||fd===2){growMemViews();return host.write(fd,HEAPU8,HEAPU32,iov,iovcnt,pnum)}');
}

// An exit flushes what Lean has printed and leaves the process at once, with Lean's code: Emscripten's own way waits for
// threads that wait for more work.
function exitWithProcess(source) {
  source.replace(
    'function exitOnMainThread(returnCode){if(ENVIRONMENT_IS_PTHREAD)return proxyToMainThread(1,0,0,returnCode);_exit(returnCode)}',
    `function exitOnMainThread(returnCode){
      if(!ENVIRONMENT_IS_PTHREAD)process.exit(returnCode);
      try{_fflush(0)}catch(e){}
      return proxyToMainThread(1,0,0,returnCode);
    }`);
  source.after('function _proc_exit(code){if(ENVIRONMENT_IS_PTHREAD)return proxyToMainThread(0,0,1,code);',
    'process.exit(code);');
}

// The file system that Lean sees has its installation at / (see lean.cjs), so Lean must think it runs from there.
function pretendInstallation(source) {
  source.replace('thisProgram=process.argv[1].replace(/\\\\/g,"/")', 'thisProgram="/bin/lean"');
  source.replace('if(isNode){path=__filename}', 'if(isNode){path="/bin/lean"}');
  source.replace('var val=ENV[envVar]', 'var val=process.env[envVar]');
}

// The package mounts /home and /tmp and enters the working directory in every thread, and a thread whose working
// directory is elsewhere dies of it. lean.cjs mounts all folders, once, and the threads ask the main one for files.
function mountNothing(source) {
  source.replace(
    'FS.mount(NODEFS,{root:"/home"},"/home");FS.mount(NODEFS,{root:"/tmp"},"/tmp");var cwd=process.cwd();' +
      'if(cwd.startsWith("/private/tmp/")){cwd=cwd.replace("/private/tmp/","/tmp/")}' +
      'else if(cwd==="/private/tmp"){cwd="/tmp"}FS.chdir(cwd)', '');
}

// The package was built by somebody who was debugging it.
function silenceDebugging(source) {
  source.text = source.text.split('console.log("[DEBUG').join('0&&console.log("[DEBUG');
}

// The patched loader's text.
function patchLoader(text) {
  const source = new Source(text);
  dropUnusedExportWrappers(source);
  loadHost(source);
  resolveSymbolsByIndex(source);
  runMainOnThread(source);
  freeThreadHeaps(source);
  useProcessStdio(source);
  exitWithProcess(source);
  pretendInstallation(source);
  mountNothing(source);
  silenceDebugging(source);
  return source.text;
}

// The names of the wasm exports that a loader uses.
function usedExports(loader) {
  const names = new Set(['main', '__main_argc_argv']);
  for (const [, name] of loader.matchAll(/wasmExports\["([^"]+)"\]/g)) names.add(name);
  return names;
}

module.exports = { patchLoader, usedExports };
