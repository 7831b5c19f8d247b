//! How much can be taken.

use super::{Contained, PLENTY, both, nothing_is_left};

#[test]
fn it_ends_at_its_limits() {
    both(|folder, namespaces| {
        let eats = "import time
kept = []
while True:
    kept.append(bytearray(10 << 20))";
        let many = "import os, time
for _ in range(8):
    if os.fork() == 0:
        kept = [bytearray(20 << 20)]
        time.sleep(1000)
time.sleep(1000)";
        let threads = "import threading, time
while True:
    threading.Thread(target=time.sleep, args=(1000,)).start()";
        let files = "while n=$((n + 1)); do yes | head -c 10000000 > $TMPDIR/$n; done";
        let forks = "while :; do sleep 1000 & done";
        // Where the kernel counts, it says that there is no more room: that is an end as well.
        let empty = "import os, sys
number = 0
try:
    while True:
        os.close(os.open(f'{os.environ[\"TMPDIR\"]}/{number}', os.O_CREAT | os.O_WRONLY, 0))
        number += 1
except OSError as error:
    sys.exit(86 if error.errno == 28 and number < 10000 else 1)";
        let deep = "import os, sys
os.chdir(os.environ['TMPDIR'])
try:
    for depth in range(20000):
        os.mkdir('d' * 200)
        os.chdir('d' * 200)
except OSError as error:
    sys.exit(86 if error.errno == 28 and depth < 10000 else 1)";
        let mapped = "import mmap, os, time
kept = []
for number in range(3):
    name = f'{os.environ[\"TMPDIR\"]}/{number}'
    file = os.open(name, os.O_CREAT | os.O_RDWR)
    os.unlink(name)
    try:
        os.write(file, bytes(100 << 20))
    except OSError:
        pass
    if os.fstat(file).st_size:
        kept.append(mmap.mmap(file, 4096, prot=mmap.PROT_READ))
    os.close(file)
time.sleep(1000)";
        let nameless = "import os, time
kept = []
for number in range(3):
    kept.append(os.open(os.environ['TMPDIR'], os.O_TMPFILE | os.O_RDWR))
    try:
        os.write(kept[-1], bytes(100 << 20))
    except OSError:
        pass
time.sleep(1000)";
        let sockets = "import os, socket, time
kept = []
for child in range(4):
    for number in range(200):
        kept.extend(socket.socketpair())
    for one in kept:
        one.setblocking(False)
        try:
            while True:
                one.send(bytes(4096))
        except OSError:
            pass
    if os.fork():
        break
    kept = []
time.sleep(1000)";
        let pipes = "import os, time
for child in range(4):
    if os.fork() == 0:
        for number in range(200):
            read, write = os.pipe()
            os.set_blocking(write, False)
            os.write(write, bytes(65536))
        time.sleep(1000)
time.sleep(1000)";
        let many_files = "import os, time
for child in range(8):
    if os.fork() == 0:
        kept = [open('/dev/null') for _ in range(400)]
        time.sleep(1000)
time.sleep(1000)";
        let tables = "import mmap, time
kept = mmap.mmap(-1, 6 << 30, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
kept.madvise(15)
for at in range(0, 6 << 30, 2 << 20):
    kept[at]
time.sleep(1000)";
        let removed = "import os, time
kept = []
for number in range(3):
    name = f'{os.environ[\"TMPDIR\"]}/{number}'
    kept.append(os.open(name, os.O_CREAT | os.O_WRONLY))
    os.unlink(name)
    try:
        os.write(kept[-1], bytes(100 << 20))
    except OSError:
        pass
time.sleep(1000)";
        let chain = "import os, signal
signal.signal(signal.SIGTERM, signal.SIG_IGN)
while os.fork() == 0:
    os.setsid()
signal.pause()";
        // Mappings that nobody has touched, of the greatest number and with long names.
        let mappings = "import ctypes, mmap, os, time
libc = ctypes.CDLL(None)
file = os.open(os.environ['TMPDIR'] + '/' + 'x' * 250, os.O_CREAT | os.O_RDWR)
os.truncate(file, 8192)
for _ in range(8):
    if os.fork() == 0:
        for number in range(60000):
            libc.mmap(None, 4096, mmap.PROT_READ, mmap.MAP_PRIVATE, file, ctypes.c_long(number % 2 * 4096))
        time.sleep(1000)
time.sleep(1000)";
        // A watch outlives the number of the file that it was made for.
        let watches = "import os, select, time
files = [os.pipe()[0] for _ in range(40)]
watches = [select.epoll() for _ in range(40)]
for file in files:
    for number in range(300, 320):
        os.dup2(file, number)
        for one in watches:
            one.register(number, select.EPOLLIN)
time.sleep(1000)";
        for (command, memory) in [
            (["python3", "-c", eats], 200 << 20),
            (["python3", "-c", many], 100 << 20),
            (["python3", "-c", threads], PLENTY),
            (["sh", "-c", files], 200 << 20),
            (["sh", "-c", forks], PLENTY),
            (["python3", "-c", empty], PLENTY),
            (["python3", "-c", deep], PLENTY),
            (["python3", "-c", removed], 200 << 20),
            (["python3", "-c", mapped], 200 << 20),
            (["python3", "-c", nameless], 200 << 20),
            (["python3", "-c", sockets], 100 << 20),
            (["python3", "-c", pipes], 100 << 20),
            (["python3", "-c", many_files], PLENTY),
            (["python3", "-c", tables], 17 << 20),
            (["python3", "-c", chain], PLENTY),
            (["python3", "-c", mappings], 150 << 20),
            (["python3", "-c", watches], PLENTY),
        ] {
            let (code, _) = Contained::start(folder, &command, memory, namespaces).end();
            assert_eq!(code, Some(86), "{command:?}");
            nothing_is_left(folder);
        }
    });
}

/// What is asked for at once is refused at once, before anybody could count it.
#[test]
fn it_reserves_nothing() {
    both(|folder, namespaces| {
        let script = "import ctypes, os, sys
libc = ctypes.CDLL(None, use_errno=True)
number = {'x86_64': 285, 'aarch64': 47}[os.uname().machine]
for mode in [0, 1, 2, 3, 16, 32]:
    file = os.open(f'{os.environ[\"TMPDIR\"]}/{mode}', os.O_CREAT | os.O_RDWR)
    reserved = libc.syscall(number, file, mode, ctypes.c_long(0), ctypes.c_long(1 << 27))
    print(reserved, ctypes.get_errno(), os.fstat(file).st_blocks)
# As whoever has no such call does it.
os.posix_fallocate(file, 0, 1 << 16)
print(os.fstat(file).st_size)";
        let command = ["python3", "-c", script];
        let (code, told) = Contained::start(folder, &command, PLENTY, namespaces).end();
        let refused = "-1 95 0\n".repeat(6);
        assert_eq!((code, told), (Some(0), refused + "65536\n"));
    });
}

/// A program that can be run and not read is not seen into: whatever it has open would count as nothing.
#[test]
fn nobody_hides_what_is_open() {
    both(|folder, namespaces| {
        let script = "python3 -c \"import os
file = os.open(os.environ['TMPDIR'] + '/b', os.O_CREAT | os.O_WRONLY, 0o111)
os.write(file, open('/bin/sleep', 'rb').read())\"
            $TMPDIR/b 5; echo $?";
        let (code, told) =
            Contained::start(folder, &["sh", "-c", script], PLENTY, namespaces).end();
        // Who may read everything sees into it; for others it opens nothing, or is ended.
        match rustix::process::getuid().is_root() {
            true => assert_eq!((code, told.as_str()), (Some(0), "0\n")),
            false => assert!(code == Some(86) || told == "127\n", "{code:?}: {told}"),
        }
    });
}
