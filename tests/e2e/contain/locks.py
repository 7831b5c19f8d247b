import fcntl, os, struct, time
for kind, lock in [('read', fcntl.F_RDLCK), ('write', fcntl.F_WRLCK)]:
    file = os.open(f'{kind}.lock', os.O_RDONLY)
    fcntl.flock(file, fcntl.LOCK_EX if kind == 'write' else fcntl.LOCK_SH)
    for command in [fcntl.F_SETLK, fcntl.F_SETLKW, 37, 38]:
        try:
            fcntl.fcntl(file, command, struct.pack('hhqqi', lock, 0, 0, 0, 0))
        except OSError:
            pass
    try:
        fcntl.fcntl(file, fcntl.F_SETLEASE, lock)
    except OSError:
        pass
print('up', flush=True)
time.sleep(1000)
