/* imgb_external_pic.h - included in front of every file (-include).  SPDX-License-Identifier: MIT
 *
 * With -fpie this lets GCC and clang reach functions and constants of other files relative to the program
 * counter, not through a table of addresses: the code then runs wherever a tool loads it.
 */
#if defined(__GNUC__)
#pragma GCC visibility push(hidden)
#endif
