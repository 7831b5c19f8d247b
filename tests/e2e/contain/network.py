import socket, sys
for family in (socket.AF_INET, socket.AF_INET6, socket.AF_UNIX, socket.AF_NETLINK):
    for kind in (socket.SOCK_STREAM, socket.SOCK_DGRAM, socket.SOCK_RAW):
        try:
            socket.socket(family, kind)
            print('opened', family, kind)
        except OSError as error:
            pass
try:
    socket.create_connection(('127.0.0.1', int(sys.argv[1])), 1)
    print('connected')
except OSError:
    print('closed')
