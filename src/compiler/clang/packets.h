/* SPDX-License-Identifier: Apache-2.0 */
/* What parse.cc asks of packets.cc. */
#ifndef BEE_PACKETS_H
#define BEE_PACKETS_H

namespace clang
{
class FunctionDecl;
}

/* Make calls of __bee_packet_get() and __bee_packet_set() of a function's uses of packet fields. */
void bee__packet_fields(clang::FunctionDecl *fn);

#endif
