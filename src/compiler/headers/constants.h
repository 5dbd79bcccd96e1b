/* SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only */
/* Constants that BTF does not hold, for it knows enumerators and no macros. */

#define AF_UNSPEC 0

#define AF_UNIX 1

#define AF_INET 2

#define AF_INET6 10

#define AF_NETLINK 16

#define AF_PACKET 17

#define AF_VSOCK 40

#define EPERM 1

#define ENOENT 2

#define EINTR 4

#define EIO 5

#define EAGAIN 11

#define ENOMEM 12

#define EACCES 13

#define EFAULT 14

#define EBUSY 16

#define EEXIST 17

#define EINVAL 22

#define ENOSPC 28

#define ENOSYS 38

#define EPROTONOSUPPORT 93

#define EOPNOTSUPP 95

#define ETIMEDOUT 110

#define EINPROGRESS 115

#define ETH_ALEN 6

#define ETH_HLEN 14

#define ETH_P_IP 0x0800

#define ETH_P_ARP 0x0806

#define ETH_P_8021Q 0x8100

#define ETH_P_IPV6 0x86DD

#define ETH_P_8021AD 0x88A8

#define IFNAMSIZ 16

#define NAME_MAX 255

#define PATH_MAX 4096

#define O_ACCMODE 00000003

#define O_RDONLY 00000000

#define O_WRONLY 00000001

#define O_RDWR 00000002

#define O_CREAT 00000100

#define O_EXCL 00000200

#define O_TRUNC 00001000

#define O_APPEND 00002000

#define O_CLOEXEC 02000000

#define O_TMPFILE 020200000

#define S_IFMT 00170000

#define S_IFSOCK 0140000

#define S_IFLNK 0120000

#define S_IFREG 0100000

#define S_IFBLK 0060000

#define S_IFDIR 0040000

#define S_IFCHR 0020000

#define S_IFIFO 0010000

#define S_ISLNK(mode) (((mode) & S_IFMT) == S_IFLNK)

#define S_ISREG(mode) (((mode) & S_IFMT) == S_IFREG)

#define S_ISDIR(mode) (((mode) & S_IFMT) == S_IFDIR)

#define S_ISSOCK(mode) (((mode) & S_IFMT) == S_IFSOCK)

#define PF_KTHREAD 0x00200000

#define PF_EXITING 0x00000004

#define TASK_RUNNING 0x00000000

#define TASK_INTERRUPTIBLE 0x00000001

#define TASK_UNINTERRUPTIBLE 0x00000002

#define TASK_COMM_LEN 16

#define PAGE_SHIFT 12

#define PAGE_SIZE (1UL << PAGE_SHIFT)

#define NSEC_PER_USEC 1000L

#define NSEC_PER_MSEC 1000000L

#define NSEC_PER_SEC 1000000000L

#define USEC_PER_SEC 1000000L

#define SOCK_RAW 3

#define SIGINT 2

#define SIGKILL 9

#define SIGTERM 15

#define CLONE_VM 0x00000100

#define CLONE_THREAD 0x00010000

#define TC_ACT_UNSPEC (-1)

#define TC_ACT_OK 0

#define TC_ACT_SHOT 2

#define BPF_F_NO_PREALLOC (1U << 0)
