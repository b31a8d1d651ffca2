"""What compilers make of C: each optimisation level, link time optimisation, the linkers' veneers."""

from __future__ import annotations

from pathlib import Path

import pytest
from unit.ramcheck.binaries import CPUS, build, check, found

LEVELS = ("-O0", "-Os", "-O2", "-O3")
PRELUDE = """
#include <stddef.h>
#include <stdint.h>
#define RAM __attribute__((section(".ram"), noinline, used))
#define KEEP __attribute__((noinline, used))
KEEP void *memcpy(void *to, const void *from, size_t n) {
  volatile char *out = to;
  const char *in = from;
  while (n--) *out++ = *in++;
  return to;
}
"""
CLEAN = (
    PRELUDE
    + """
typedef struct { int (*send)(void *ctx, int x); void *ctx; } bus_t;
#define REGISTER (*(volatile uint32_t *)0x40000000u)
RAM int send(void *ctx, int x) { REGISTER = (uint32_t)x; return ctx != NULL; }
bus_t bus = {send, &bus};
RAM static int twice(bus_t *b, int x) { int r = b->send(b->ctx, x); return r + b->send(b->ctx, x + 1); }
RAM int save(int x) {
  bus_t copy;
  int r = 0;
  copy.send = bus.send;
  copy.ctx = &bus;
  while (x > 0 && r < 100) { r += twice(&copy, x); x -= 3; }
  return r;
}
"""
)
DIRTY = (
    PRELUDE
    + """
KEEP int helper(int x) { return x * 3 + 1; }
const uint32_t limits[4] = {3, 5, 7, 11};
typedef struct { int (*send)(const char *text); } bus_t;
RAM int send(const char *text) { return text[0]; }
bus_t bus = {send};
RAM int save(int x, char *out) {
  char piece[40];
  memcpy(piece, out, 40);
  out[0] = piece[x & 7];
  return bus.send(out) + helper(x) + (int)limits[x & 3];
}
"""
)
DIVIDES = PRELUDE + "RAM unsigned save(unsigned a, unsigned b) { return a / b; }\n"
SWITCH = (
    PRELUDE
    + """
KEEP int deep(int x) { return x ^ 5; }
#define REGISTER (*(volatile uint32_t *)0x40000000u)
RAM int use(int x) { REGISTER = (uint32_t)x; return (int)REGISTER; }
RAM int save(int x) {
  switch (x) {
  case 0: return use(4);
  case 1: return use(x) + 9;
  case 2: use(7); return use(8);
  case 3: return use(x * x);
  case 4: return use(3) - use(2);
  case 5: return deep(x);
  case 6: return use(x + 1) * 3;
  default: return use(0);
  }
}
"""
)


@pytest.mark.parametrize("cpu", CPUS)
@pytest.mark.parametrize("level", LEVELS)
def test_what_is_in_ram_is_clean(tmp_path: Path, cpu: str, level: str) -> None:
    result = check(build(tmp_path, cpu, CLEAN, level))
    assert found(result) == []
    assert result.function_count >= 3


@pytest.mark.parametrize("cpu", CPUS)
@pytest.mark.parametrize("level", [*LEVELS, "-flto"])
def test_function_and_constant_in_the_flash_are_named(tmp_path: Path, cpu: str, level: str) -> None:
    flags = ("-Os", "-flto") if level == "-flto" else (level,)
    result = check(build(tmp_path, cpu, DIRTY, *flags))
    named = {(f.what.value, f.name.partition("+")[0].partition(".")[0]) for f in result.findings}
    assert named == {("function", "helper"), ("function", "memcpy"), ("datum", "limits")}
    assert all(f.chain[0] == "save" for f in result.findings)
    fixes = dict(zip([f.name.partition(".")[0] for f in result.findings], result.fixes, strict=True))
    assert "*libc*.a:*memcpy*.o" in fixes["memcpy"]
    assert "*(.text.helper)" in fixes["helper"]


@pytest.mark.parametrize("level", LEVELS)
def test_division_of_a_core_without_it(tmp_path: Path, level: str) -> None:
    result = check(build(tmp_path, "cortex-m0plus", DIVIDES, level))
    names = [f.name for f in result.findings if f.is_first]
    assert names in (["__aeabi_uidiv"], ["__udivsi3"])
    assert "*libgcc.a:_udivsi3.o" in result.fixes[0]
    assert found(check(build(tmp_path, "cortex-m4", DIVIDES, level))) == []


@pytest.mark.parametrize("cpu", CPUS)
@pytest.mark.parametrize("level", LEVELS)
def test_every_case_of_a_switch_is_followed(tmp_path: Path, cpu: str, level: str) -> None:
    """Tables of offsets or addresses, helpers of libgcc: the one call into the flash is seen."""
    result = check(build(tmp_path, cpu, SWITCH, level))
    assert ("function", "deep") in {(f.what.value, f.name) for f in result.findings}
    assert {f.name.partition("+")[0] for f in result.findings} <= {
        "deep", "__gnu_thumb1_case_uqi", "__gnu_thumb1_case_sqi", ".text",
    }  # fmt: skip
    assert all(f.what.value in ("function", "datum") for f in result.findings)


@pytest.mark.parametrize("cpu", CPUS)
def test_thunks_of_lld(tmp_path: Path, cpu: str) -> None:
    result = check(build(tmp_path, cpu, DIRTY, "-Os", linker="ld.lld"))
    functions = {f.name for f in result.findings if f.what.value == "function"}
    assert functions == {"helper", "memcpy"}
    assert any("Thunk" in name for f in result.findings for name in f.chain)
