/* SPDX-License-Identifier: Apache-2.0 */
#define OF_THE_FIRST 100
