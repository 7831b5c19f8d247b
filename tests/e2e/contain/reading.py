import ctypes, os, sys, threading, time
fifo, terminal = sys.argv[1:]
libc = ctypes.CDLL(None, use_errno=True)
here = os.environ['TMPDIR']
def call(*args):
    done = libc.syscall(*args)
    if done < 0:
        raise OSError(ctypes.get_errno(), '')
    return done
now = os.O_NONBLOCK
folder = os.open(os.path.dirname(fifo), os.O_RDONLY | os.O_DIRECTORY)
def by_path(path):
    return os.open(f'/proc/self/fd/{os.open(path, os.O_PATH)}', now)
def by_link(path):
    os.symlink(os.path.abspath(path), f'{here}/link')
    try:
        return os.open(f'{here}/link', now)
    finally:
        os.unlink(f'{here}/link')
ways = {
    'open': lambda path: os.open(path, now),
    'relative': lambda path: os.open(os.path.relpath(path), now),
    'in a folder': lambda path: os.open(os.path.relpath(path, os.path.dirname(fifo)), now, dir_fd=folder),
    'working folder': lambda path: os.open(f'/proc/self/cwd/{os.path.relpath(path)}', now),
    'thread': lambda path: os.open(f'/proc/thread-self/root{path}', now),
    'both': lambda path: os.open(path, now | os.O_RDWR),
    'write': lambda path: os.open(path, now | os.O_WRONLY),
    'neither': lambda path: os.open(path, now | 3),
    'make': lambda path: os.open(path, now | os.O_CREAT),
    'by path': by_path,
    'by link': by_link,
    'openat2': lambda path: call(437, -100, path.encode(), bytes(24), 24),
    'high bits': lambda path: call({'x86_64': 257, 'aarch64': 56}[os.uname().machine], ctypes.c_long(-100),
                                   path.encode(), ctypes.c_long(now | 1 << 40), 0),
}
paths = [fifo, terminal, '/dev/tty', '/dev/ptmx', '/dev/pts/ptmx', '/dev/console', '/dev/kmsg', '/dev/mem',
         '/dev/fuse', '/dev/kvm', '/dev/net/tun', '/dev/userfaultfd', '/dev/vda', '/dev/sda', '/dev/loop0', '/dev/zero']
for path in paths:
    for name, way in ways.items():
        try:
            print('opened', path, name, os.read(way(path), 9))
        except OSError:
            pass
# What is data can be read as ever.
for path in ['mine', '/proc/self/maps', '/dev/full', '/dev/urandom']:
    for name in ['open', 'relative', 'by path', 'by link']:
        assert os.read(ways[name](path), 4), (path, name)
read, write = os.pipe()
os.write(write, b'own')
assert os.read(os.open(f'/proc/self/fd/{read}', now), 3) == b'own'
assert os.listdir('.') and open('/dev/null').read() == ''
# A file that becomes the other one while it is looked at.
os.symlink('mine', f'{here}/a')
os.symlink(os.path.abspath('mine'), f'{here}/mine')
os.symlink(fifo, f'{here}/fifo')
ends = time.time() + 2
def swap():
    while time.time() < ends:
        for name in ['fifo', 'mine']:
            os.link(f'{here}/{name}', f'{here}/b', follow_symlinks=False)
            os.rename(f'{here}/b', f'{here}/a')
            if os.path.lexists(f'{here}/b'):
                os.unlink(f'{here}/b')
threading.Thread(target=swap, daemon=True).start()
seen = set()
while time.time() < ends:
    try:
        file = os.open(f'{here}/a', now)
        seen.add(os.read(file, 4))
        os.close(file)
    except OSError:
        seen.add(None)
assert seen == {b'mine', None}, seen
# And a path that becomes the other one while it is read.
path = ctypes.create_string_buffer(4096)
two = [f'{here}/mine'.encode(), f'{here}/fifo'.encode()]
ends = time.time() + 2
def rewrite():
    while time.time() < ends:
        for one in two:
            path.value = one
threading.Thread(target=rewrite, daemon=True).start()
number = {'x86_64': 257, 'aarch64': 56}[os.uname().machine]
while time.time() < ends:
    file = libc.syscall(number, ctypes.c_long(-100), path, ctypes.c_long(now), 0)
    if file >= 0:
        assert os.read(file, 4) == b'mine'
        os.close(file)
# Many at once.
def many():
    for _ in range(200):
        with open('mine') as file:
            assert file.read() == 'mine'
threads = [threading.Thread(target=many) for _ in range(16)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
print('tried')
