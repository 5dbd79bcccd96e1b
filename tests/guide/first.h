/* SPDX-License-Identifier: Apache-2.0 */
#define OF_THE_FIRST 100
int of_the_first(int n)
{
	return n + OF_THE_FIRST;
}
