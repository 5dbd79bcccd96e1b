/* SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only */
/*
 * Constants that neither BTF holds, for it knows enumerators and no macros, nor the headers that the
 * kernel has for programs, from which the build takes the numbers (uapi.c). Where a kernel's BTF has an
 * enumerator of the name, that is taken. tests/unit/test_constants.c holds each row to be true.
 */

/* Sockets, which glibc and the kernel have as enumerators. */
#define SOCK_STREAM 1
#define SOCK_DGRAM 2
#define SOCK_TYPE_MASK 0xf
#define SOCK_RAW 3
#define SOCK_SEQPACKET 5
#define SOL_IP 0
#define SOL_TCP 6
#define SOL_UDP 17
#define SOL_IPV6 41
#define SCM_RIGHTS 1
#define SCM_CREDENTIALS 2
#define MSG_OOB 0x1
#define MSG_PEEK 0x2
#define MSG_DONTROUTE 0x4
#define MSG_CTRUNC 0x8
#define MSG_TRUNC 0x20
#define MSG_DONTWAIT 0x40
#define MSG_EOR 0x80
#define MSG_WAITALL 0x100
#define MSG_CONFIRM 0x800
#define MSG_ERRQUEUE 0x2000
#define MSG_NOSIGNAL 0x4000
#define MSG_MORE 0x8000
#define MSG_ZEROCOPY 0x4000000
#define MSG_FASTOPEN 0x20000000
#define MSG_CMSG_CLOEXEC 0x40000000

/* Of instructions, since 6.6, 6.9 and 6.15. */
#define BPF_MEMSX 0x80
#define BPF_JCOND 0xe0
#define BPF_LOAD_ACQ 0x100
#define BPF_STORE_REL 0x110

/* Packets. */
#define VLAN_HLEN 4
#define VLAN_PRIO_MASK 0xe000
#define VLAN_PRIO_SHIFT 13
#define VLAN_CFI_MASK 0x1000
#define VLAN_VID_MASK 0x0fff
#define VLAN_N_VID 4096
#define INADDR_ANY 0u
#define INADDR_BROADCAST 0xffffffffu
#define RCV_SHUTDOWN 1
#define SEND_SHUTDOWN 2
#define SHUTDOWN_MASK 3
#define IP_MF 0x2000
#define IP_DF 0x4000
#define IP_OFFSET 0x1FFF
#define NEXTHDR_HOP 0
#define NEXTHDR_TCP 6
#define NEXTHDR_UDP 17
#define NEXTHDR_IPV6 41
#define NEXTHDR_ROUTING 43
#define NEXTHDR_FRAGMENT 44
#define NEXTHDR_ESP 50
#define NEXTHDR_AUTH 51
#define NEXTHDR_ICMP 58
#define NEXTHDR_NONE 59
#define NEXTHDR_DEST 60
#define TCPHDR_FIN 0x01
#define TCPHDR_SYN 0x02
#define TCPHDR_RST 0x04
#define TCPHDR_PSH 0x08
#define TCPHDR_ACK 0x10
#define TCPHDR_URG 0x20
#define TCPHDR_ECE 0x40
#define TCPHDR_CWR 0x80
#define INET_ADDRSTRLEN 16
#define INET6_ADDRSTRLEN 48

/* Files and disks. */
#define S_ISLNK(mode) (((mode) & S_IFMT) == S_IFLNK)
#define S_ISREG(mode) (((mode) & S_IFMT) == S_IFREG)
#define S_ISDIR(mode) (((mode) & S_IFMT) == S_IFDIR)
#define S_ISCHR(mode) (((mode) & S_IFMT) == S_IFCHR)
#define S_ISBLK(mode) (((mode) & S_IFMT) == S_IFBLK)
#define S_ISFIFO(mode) (((mode) & S_IFMT) == S_IFIFO)
#define S_ISSOCK(mode) (((mode) & S_IFMT) == S_IFSOCK)
#define MAY_EXEC 0x1
#define MAY_WRITE 0x2
#define MAY_READ 0x4
#define MAY_APPEND 0x8
#define MAY_ACCESS 0x10
#define MAY_OPEN 0x20
#define MAY_CHDIR 0x40
#define MAY_NOT_BLOCK 0x80
#define SB_RDONLY 0x1
#define SB_NOSUID 0x2
#define SB_NODEV 0x4
#define SB_NOEXEC 0x8
#define FMODE_READ 0x1u
#define FMODE_WRITE 0x2u
#define FMODE_EXEC 0x20u
#define FMODE_CREATED 0x100000u
#define READ 0
#define WRITE 1
#define REQ_OP_BITS 8
#define REQ_OP_MASK ((1 << REQ_OP_BITS) - 1)
#define DISK_NAME_LEN 32
#define SECTOR_SHIFT 9
#define SECTOR_SIZE 512
#define S_IRWXUGO (S_IRWXU | S_IRWXG | S_IRWXO)
#define S_IALLUGO (S_ISUID | S_ISGID | S_ISVTX | S_IRWXUGO)
#define MINORBITS 20
#define MINORMASK ((1u << MINORBITS) - 1)

/* What system calls return inside of the kernel. */
#define MAX_ERRNO 4095
#define ERESTARTSYS 512
#define ERESTARTNOINTR 513
#define ERESTARTNOHAND 514
#define ENOIOCTLCMD 515
#define ERESTART_RESTARTBLOCK 516
#define EPROBE_DEFER 517
#define EOPENSTALE 518
#define ENOPARAM 519
#define ENOTSUPP 524
#define EIOCBQUEUED 529

/* Tasks. */
#define TASK_COMM_LEN 16
#define TASK_RUNNING 0x00000000
#define TASK_INTERRUPTIBLE 0x00000001
#define TASK_UNINTERRUPTIBLE 0x00000002
#define __TASK_STOPPED 0x00000004
#define __TASK_TRACED 0x00000008
#define EXIT_DEAD 0x00000010
#define EXIT_ZOMBIE 0x00000020
#define TASK_PARKED 0x00000040
#define TASK_DEAD 0x00000080
#define TASK_WAKEKILL 0x00000100
#define TASK_WAKING 0x00000200
#define TASK_NOLOAD 0x00000400
#define TASK_NEW 0x00000800
#define TASK_KILLABLE (TASK_WAKEKILL | TASK_UNINTERRUPTIBLE)
#define TASK_IDLE (TASK_UNINTERRUPTIBLE | TASK_NOLOAD)
#define TASK_NORMAL (TASK_INTERRUPTIBLE | TASK_UNINTERRUPTIBLE)
#define PF_VCPU 0x00000001
#define PF_IDLE 0x00000002
#define PF_EXITING 0x00000004
#define PF_IO_WORKER 0x00000010
#define PF_WQ_WORKER 0x00000020
#define PF_FORKNOEXEC 0x00000040
#define PF_SUPERPRIV 0x00000100
#define PF_DUMPCORE 0x00000200
#define PF_SIGNALED 0x00000400
#define PF_MEMALLOC 0x00000800
#define PF_NPROC_EXCEEDED 0x00001000
#define PF_KSWAPD 0x00020000
#define PF_KTHREAD 0x00200000
#define PF_RANDOMIZE 0x00400000
#define PF_NO_SETAFFINITY 0x04000000
#define MAX_PRIO 140
#define MAX_RT_PRIO 100
#define DEFAULT_PRIO 120
#define MAX_NICE 19
#define MIN_NICE (-20)
#define NICE_TO_PRIO(nice) ((nice) + DEFAULT_PRIO)
#define PRIO_TO_NICE(prio) ((prio) - DEFAULT_PRIO)
#define TASK_REPORT 0x0000007f
#define CAP_OPT_NONE 0x0
#define CAP_OPT_NOAUDIT 0x2
#define CAP_OPT_INSETID 0x4

/*
 * Memory. The bits of allocations moved in Linux 6.10, from when on BTF has them. GFP_ATOMIC and
 * GFP_NOWAIT are other sums in other kernels, and are left out.
 */
#define ___GFP_DMA_BIT 0
#define ___GFP_HIGHMEM_BIT 1
#define ___GFP_DMA32_BIT 2
#define ___GFP_MOVABLE_BIT 3
#define ___GFP_RECLAIMABLE_BIT 4
#define ___GFP_HIGH_BIT 5
#define ___GFP_IO_BIT 6
#define ___GFP_FS_BIT 7
#define ___GFP_ZERO_BIT 8
#define ___GFP_DIRECT_RECLAIM_BIT 10
#define ___GFP_KSWAPD_RECLAIM_BIT 11
#define ___GFP_NOWARN_BIT 13
#define ___GFP_RETRY_MAYFAIL_BIT 14
#define ___GFP_NOFAIL_BIT 15
#define ___GFP_NORETRY_BIT 16
#define ___GFP_COMP_BIT 18
#define ___GFP_HARDWALL_BIT 20
#define ___GFP_THISNODE_BIT 21
#define ___GFP_ACCOUNT_BIT 22
#define __GFP_DMA (1u << ___GFP_DMA_BIT)
#define __GFP_HIGHMEM (1u << ___GFP_HIGHMEM_BIT)
#define __GFP_DMA32 (1u << ___GFP_DMA32_BIT)
#define __GFP_MOVABLE (1u << ___GFP_MOVABLE_BIT)
#define __GFP_RECLAIMABLE (1u << ___GFP_RECLAIMABLE_BIT)
#define __GFP_HIGH (1u << ___GFP_HIGH_BIT)
#define __GFP_IO (1u << ___GFP_IO_BIT)
#define __GFP_FS (1u << ___GFP_FS_BIT)
#define __GFP_ZERO (1u << ___GFP_ZERO_BIT)
#define __GFP_DIRECT_RECLAIM (1u << ___GFP_DIRECT_RECLAIM_BIT)
#define __GFP_KSWAPD_RECLAIM (1u << ___GFP_KSWAPD_RECLAIM_BIT)
#define __GFP_RECLAIM (__GFP_DIRECT_RECLAIM | __GFP_KSWAPD_RECLAIM)
#define __GFP_NOWARN (1u << ___GFP_NOWARN_BIT)
#define __GFP_RETRY_MAYFAIL (1u << ___GFP_RETRY_MAYFAIL_BIT)
#define __GFP_NOFAIL (1u << ___GFP_NOFAIL_BIT)
#define __GFP_NORETRY (1u << ___GFP_NORETRY_BIT)
#define __GFP_COMP (1u << ___GFP_COMP_BIT)
#define __GFP_HARDWALL (1u << ___GFP_HARDWALL_BIT)
#define __GFP_THISNODE (1u << ___GFP_THISNODE_BIT)
#define __GFP_ACCOUNT (1u << ___GFP_ACCOUNT_BIT)
#define GFP_KERNEL (__GFP_RECLAIM | __GFP_IO | __GFP_FS)
#define GFP_KERNEL_ACCOUNT (GFP_KERNEL | __GFP_ACCOUNT)
#define GFP_NOIO __GFP_RECLAIM
#define GFP_NOFS (__GFP_RECLAIM | __GFP_IO)
#define GFP_USER (__GFP_RECLAIM | __GFP_IO | __GFP_FS | __GFP_HARDWALL)
#define VM_READ 0x00000001
#define VM_WRITE 0x00000002
#define VM_EXEC 0x00000004
#define VM_SHARED 0x00000008
#define PAGE_SHIFT (63 - __builtin_clzll(__bee_page_size))
#define PAGE_SIZE ((unsigned long)__bee_page_size)
#define PAGE_MASK (~(PAGE_SIZE - 1))
#define PAGE_ALIGN(address) (((address) + PAGE_SIZE - 1) & PAGE_MASK)
#define PAGE_OFFSET __bee_page_offset
#define __START_KERNEL_map 0xffffffff80000000ul
#define __PAGE_OFFSET_BASE_L4 0xffff888000000000ul
#define __PAGE_OFFSET_BASE_L5 0xff11000000000000ul

/* Time. */
#define NSEC_PER_USEC 1000L
#define NSEC_PER_MSEC 1000000L
#define NSEC_PER_SEC 1000000000L
#define USEC_PER_MSEC 1000L
#define USEC_PER_SEC 1000000L
#define MSEC_PER_SEC 1000L
#define PSEC_PER_NSEC 1000L
#define FSEC_PER_SEC 1000000000000000LL

/* Whole numbers. */
#define U8_MAX ((unsigned char)~0)
#define U16_MAX ((unsigned short)~0)
#define U32_MAX (~0u)
#define U64_MAX (~0ull)
#define S8_MAX ((signed char)(U8_MAX >> 1))
#define S8_MIN (-S8_MAX - 1)
#define S16_MAX ((short)(U16_MAX >> 1))
#define S16_MIN (-S16_MAX - 1)
#define S32_MIN (-S32_MAX - 1)
#define S64_MIN (-S64_MAX - 1)
#define S32_MAX ((int)(~0u >> 1))
#define S64_MAX ((long long)(~0ull >> 1))
#define INT_MAX ((int)(~0u >> 1))
#define INT_MIN (-INT_MAX - 1)
#define UINT_MAX (~0u)
#define UINT64_MAX (~0ull)
#define INT64_MAX ((long long)(~0ull >> 1))
#define INT64_MIN (-INT64_MAX - 1)
#define LONG_MAX ((long)(~0ul >> 1))
#define LONG_MIN (-LONG_MAX - 1)
#define ULONG_MAX (~0ul)
#define ULLONG_MAX (~0ull)
#define LLONG_MIN (-LLONG_MAX - 1)
#define CHAR_BIT 8
#define BITS_PER_BYTE 8
#define BITS_PER_LONG 64
#define BITS_PER_LONG_LONG 64

/* BPF. On kernels whose BTF has them as enumerators, those are taken. */
#define BPF_MAX_STACK_DEPTH 127
#define CUR_CPU_IDENTIFIER 0xffffffffull
#define BPF_F_NO_PREALLOC (1u << 0)
#define BPF_F_CURRENT_CPU 0xffffffffull
#define BPF_F_USER_STACK (1ull << 8)
#define BPF_F_FAST_STACK_CMP (1ull << 9)
#define BPF_F_REUSE_STACKID (1ull << 10)
#define BPF_ANY 0
#define BPF_NOEXIST 1
#define BPF_EXIST 2

/* What compilers define. */
#define __BPF__ 1

/* Where the two architectures differ. */
#if defined(__TARGET_ARCH_arm64)
#define __bee_page_offset 0xffff000000000000ul
#else
#define __bee_page_offset 0xffff888000000000ul
#endif
