import os
here = os.environ['TMPDIR']
folders = ['/proc/self', '/proc/thread-self']
for number in filter(str.isdigit, os.listdir('/proc')):
    try:
        if b'contained-inside' in open(f'/proc/{number}/cmdline', 'rb').read().split(b'\0')[:2]:
            folders.append(f'/proc/{number}')
    except OSError:
        pass
assert len(folders) > 2
places = [f'fd/{number}' for number in range(32)] + ['cwd/mine', 'root/etc/passwd', 'exe']
def opened(what, *where, **ways):
    try:
        file = os.open(*where, os.O_NONBLOCK, **ways)
        print('opened', what, os.readlink(f'/proc/self/fd/{file}'))
        os.close(file)
    except OSError:
        pass
# Whoever opens files for us finds what they have open themselves.
for path in [f'{folder}/{place}' for folder in folders for place in places] + [
        '/dev/stdin', '/dev/stdout', '/dev/stderr', '/dev/fd/0', '/dev/fd/8']:
    os.symlink(path, f'{here}/link')
    opened(path, f'{here}/link')
    os.unlink(f'{here}/link')
for folder in folders[2:]:
    try:
        base = os.open(folder, os.O_PATH | os.O_DIRECTORY)
    except FileNotFoundError:
        # Another test's, which has ended.
        continue
    for place in places:
        opened(f'{folder} {place}', f'{folder}/{place}')
        opened(f'{folder} from it {place}', place, dir_fd=base)
# What is our own is opened as ever.
mine = os.open('mine', os.O_RDONLY)
for path in [f'/proc/self/fd/{mine}', f'/dev/fd/{mine}', f'/proc/thread-self/fd/{mine}', '/proc/self/cwd/mine',
             f'/proc/self/root{os.path.abspath("mine")}']:
    assert os.read(os.open(path, os.O_RDONLY), 4) == b'mine', path
os.symlink('/proc/self/comm', f'{here}/link')
assert open(f'{here}/link').read() == open('/proc/self/comm').read() == 'python3\n'
print('tried')
