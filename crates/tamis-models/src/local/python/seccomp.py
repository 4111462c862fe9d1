# What a program may not ask of the kernel. Runs inside the sandbox, in the process of the program, before the program.
import ctypes
import platform
import struct

# Calls that are refused whatever their arguments: processes and programs, sockets, memory that no limit counts, other
# processes, mounts and namespaces, and what only an administrator needs. (x86_64, aarch64; None: it has no such call)
REFUSED = {
    "fork": (57, None), "vfork": (58, None), "execve": (59, 221), "execveat": (322, 281),
    "socket": (41, 198), "connect": (42, 203), "bind": (49, 200), "listen": (50, 201),
    "accept": (43, 202), "accept4": (288, 242),
    "memfd_create": (319, 279), "memfd_secret": (447, 447),
    "shmget": (29, 194), "shmat": (30, 196), "shmctl": (31, 195),
    "semget": (64, 190), "semop": (65, 193), "semctl": (66, 191), "semtimedop": (220, 192),
    "msgget": (68, 186), "msgsnd": (69, 189), "msgrcv": (70, 188), "msgctl": (71, 187),
    "mq_open": (240, 180), "mq_unlink": (241, 181),
    "io_setup": (206, 0), "io_uring_setup": (425, 425), "io_uring_enter": (426, 426), "io_uring_register": (427, 427),
    "add_key": (248, 217), "request_key": (249, 218), "keyctl": (250, 219),
    "tkill": (200, 130), "rt_sigqueueinfo": (129, 138), "rt_tgsigqueueinfo": (297, 240),
    "pidfd_send_signal": (424, 424), "pidfd_open": (434, 434), "pidfd_getfd": (438, 438),
    "ptrace": (101, 117), "process_vm_readv": (310, 270), "process_vm_writev": (311, 271), "kcmp": (312, 272),
    "process_madvise": (440, 440), "process_mrelease": (448, 448),
    "setpriority": (141, 140), "ioprio_set": (251, 30), "migrate_pages": (256, 238), "move_pages": (279, 239),
    "sched_setparam": (142, 118), "sched_setscheduler": (144, 119), "sched_setaffinity": (203, 122),
    "sched_setattr": (314, 274),
    "mount": (165, 40), "umount2": (166, 39), "pivot_root": (155, 41), "chroot": (161, 51), "unshare": (272, 97),
    "setns": (308, 268), "open_tree": (428, 428), "move_mount": (429, 429), "fsopen": (430, 430),
    "fsconfig": (431, 431), "fsmount": (432, 432), "fspick": (433, 433), "mount_setattr": (442, 442),
    "name_to_handle_at": (303, 264), "open_by_handle_at": (304, 265), "fanotify_init": (300, 262),
    "bpf": (321, 280), "perf_event_open": (298, 241), "userfaultfd": (323, 282), "personality": (135, 92),
    "init_module": (175, 105), "finit_module": (313, 273), "delete_module": (176, 106),
    "kexec_load": (246, 104), "kexec_file_load": (320, 294), "reboot": (169, 142),
    "swapon": (167, 224), "swapoff": (168, 225), "sethostname": (170, 161), "setdomainname": (171, 162),
    "settimeofday": (164, 170), "clock_settime": (227, 112), "clock_adjtime": (305, 266), "adjtimex": (159, 171),
    "acct": (163, 89), "quotactl": (179, 60), "syslog": (103, 116), "vhangup": (153, 58),
    "iopl": (172, None), "ioperm": (173, None), "modify_ldt": (154, None),
}
CHECKED = {"clone": (56, 220), "clone3": (435, 435), "kill": (62, 129), "tgkill": (234, 131), "prlimit64": (302, 261),
           "fcntl": (72, 25), "ioctl": (16, 29)}
MACHINES = {"x86_64": (0, 0xC000003E), "aarch64": (1, 0xC00000B7)}

LOAD, EQUAL, AT_LEAST, ANY_BIT, RETURN = 0x20, 0x15, 0x35, 0x45, 0x06
ALLOW, KILL, EPERM, ENOSYS = 0x7FFF0000, 0x80000000, 0x00050001, 0x00050026
CLONE_THREAD, CLONE_NEW = 0x00010000, 0x7E020000
# With these a process could have the kernel signal another one, or type into a terminal.
FCNTL_REFUSED = (8, 10, 15, 1024, 1026)
IOCTL_REFUSED = (0x8901, 0x8902, 0x5412)


def seccomp_program(machine, pid):
    """The filter as (code, jump if true, jump if false, operand) for a process with this id."""
    which, audit = MACHINES[machine]
    code = [(LOAD, 0, 0, 4), (EQUAL, 1, 0, audit), (RETURN, 0, 0, KILL), (LOAD, 0, 0, 0)]
    if machine == "x86_64":
        code += [(AT_LEAST, 0, 1, 0x40000000), (RETURN, 0, 0, KILL)]
    for numbers in REFUSED.values():
        if numbers[which] is not None:
            code += [(EQUAL, 0, 1, numbers[which]), (RETURN, 0, 0, EPERM)]

    def when(name, checks):
        code.append((EQUAL, 0, len(checks), CHECKED[name][which]))
        code.extend(checks)

    def argument(n):
        return (LOAD, 0, 0, 16 + 8 * n)

    def only(n, values):
        tests = [(EQUAL, len(values) - i, 0, value) for i, value in enumerate(values)]
        return [argument(n), *tests, (RETURN, 0, 0, EPERM), (RETURN, 0, 0, ALLOW)]

    def all_but(n, values):
        tests = [(EQUAL, len(values) - i, 0, value) for i, value in enumerate(values)]
        return [argument(n), *tests, (RETURN, 0, 0, ALLOW), (RETURN, 0, 0, EPERM)]

    # A thread is allowed, a process is not. Of clone3 the filter cannot see the flags; libraries then use clone.
    when("clone", [argument(0), (ANY_BIT, 1, 0, CLONE_NEW), (ANY_BIT, 1, 0, CLONE_THREAD),
                   (RETURN, 0, 0, EPERM), (RETURN, 0, 0, ALLOW)])
    when("clone3", [(RETURN, 0, 0, ENOSYS)])
    when("kill", only(0, [pid]))
    when("tgkill", only(0, [pid]))
    when("prlimit64", only(0, [0, pid]))
    when("fcntl", all_but(1, FCNTL_REFUSED))
    when("ioctl", all_but(1, IOCTL_REFUSED))
    code.append((RETURN, 0, 0, ALLOW))
    return code


class Filter(ctypes.Structure):
    _fields_ = [("length", ctypes.c_ushort), ("code", ctypes.c_void_p)]


LIBC = ctypes.CDLL(None, use_errno=True)
LIBC.prctl.argtypes = [ctypes.c_int] + [ctypes.c_ulong] * 4
PR_SET_DUMPABLE, PR_SET_SECCOMP, PR_SET_NO_NEW_PRIVS = 4, 22, 38


def prctl(option, second, third=0):
    if LIBC.prctl(option, second, third, 0, 0) != 0:
        raise OSError(ctypes.get_errno(), "prctl %d" % option)


def give_up_rights(pid):
    """Refuses the calling process, for good, what REFUSED and CHECKED say."""
    code = seccomp_program(platform.machine(), pid)
    packed = b"".join(struct.pack("=HBBI", *line) for line in code)
    buffer = ctypes.create_string_buffer(packed, len(packed))
    program = Filter(len(code), ctypes.cast(buffer, ctypes.c_void_p))
    prctl(PR_SET_NO_NEW_PRIVS, 1)
    prctl(PR_SET_SECCOMP, 2, ctypes.addressof(program))
