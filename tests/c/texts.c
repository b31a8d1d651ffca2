/* texts.c - fonts, blocks of text, strings and glyph runs as stdin says: texts PACK HOW.
 * SPDX-License-Identifier: MIT
 *
 *     surface WIDTH HEIGHT               of RGB565, filled with 0x1234
 *     font NAME [off]                    with its fallbacks; off: without kerning
 *     style WIDTH HEIGHT LINES TAB SPACING LINE_HEIGHT ALIGN ELLIPSIS
 *     cache BYTES                        begins one; 0: none
 *     pair LEFT RIGHT                    prints: kern N
 *     text X Y COLOUR HEX                prints: end N
 *     measure HEX                        prints: width N
 *     block X Y COLOUR HEX
 *     size HEX                           prints: size WIDTH HEIGHT LINES
 *     lines HEX                          prints: line WIDTH16 SUFFIX COUNT HEX, per line
 *     strings NAME | language TAG | require N | get KEY BYTES | map KEY
 *     runs NAME X Y COLOUR | said KEY X Y COLOUR         draws glyph runs; said: those of a string
 *     runsize NAME                       prints: runs WIDTH LINES
 *     reads                              prints how many since it was asked last, and how many bytes
 *     show
 *
 * Texts are hexadecimal.  A command that fails prints `error N`.
 */
#include "host.h"

static imgb_pack_t pack;
static flash_t flash;
static imgb_surface_t surface;
static imgb_font_t fonts[IMGB_FONT_CHAIN_MAX];
static imgb_strings_t strings;
static imgb_text_style_t style;
static imgb_glyph_cache_t cache;
static void *cache_memory;
static char word[1200], *text; /* text: of its own malloc, so that reading behind it is seen */

static void take_text(const char *hex) {
  size_t n = strlen(hex) / 2, i;
  free(text);
  text = (char *)malloc(n + 1);
  for (i = 0; i < n; i++) {
    unsigned byte;
    sscanf(hex + 2 * i, "%2x", &byte);
    text[i] = (char)byte;
  }
  text[n] = '\0';
}

static uint32_t work_bytes(void) {
  uint32_t most = 0;
  const imgb_font_t *f;
  for (f = style.font; f != NULL; f = f->fallback) {
    if (imgb_font_work_bytes(f) > most) most = imgb_font_work_bytes(f);
  }
  return most + IMGB_BLOCK_WORK_BYTES;
}

static int open_font(const char *line) {
  imgb_asset_t asset;
  char mode[8] = "";
  uint32_t count = 0, i;
  int r;
  sscanf(line, "%1199s %7s", word, mode);
  r = imgb_find(&pack, word, &asset);
  if (r == IMGB_OK) r = imgb_font_chain(&pack, &asset, fonts, IMGB_FONT_CHAIN_MAX, &count);
  for (i = 0; mode[0] != '\0' && i < count; i++) fonts[i].kern = 0;
  style.font = fonts;
  printf("fonts %u\n", (unsigned)count);
  return r;
}

static int list_lines(void) {
  imgb_text_line_t line;
  int r;
  memset(&line, 0, sizeof line);
  line.next = text;
  while ((r = imgb_text_line_next(&style, &line)) == IMGB_OK) {
    const char *p;
    printf("line %ld %x %u ", (long)line.width, line.suffix, line.suffix != 0 ? line.suffixes : 0);
    for (p = line.text; p != line.end; p++) printf("%02x", (unsigned char)*p);
    printf("\n");
  }
  return r == IMGB_ERR_NOT_FOUND ? IMGB_OK : r;
}

static int draw_runs(const imgb_asset_t *asset, int x, int y, unsigned colour) {
  imgb_runs_t runs;
  uint32_t bytes = work_bytes();
  void *work = malloc(bytes);
  int r = imgb_runs_open(asset, &runs);
  if (r == IMGB_OK) r = imgb_draw_runs(&surface, x, y, &runs, &style, (uint16_t)colour, work, bytes);
  free(work);
  return r;
}

static int get_string(uint32_t key, uint32_t size) {
  char *buffer = (char *)malloc(size);
  uint32_t length = 77777, i;
  int r = imgb_strings_get(&strings, key, buffer, size, &length);
  printf("length %lu ", (unsigned long)length);
  for (i = 0; r == IMGB_OK && i < length; i++) printf("%02x", (unsigned char)buffer[i]);
  printf("\n");
  if (size != 0 && strlen(buffer) != (r == IMGB_OK ? length : 0)) printf("not ended\n");
  free(buffer);
  return r;
}

static int run_text(char *line) {
  int x, y, r = IMGB_OK;
  unsigned colour;
  uint32_t bytes = work_bytes(), width;
  int32_t end = 0;
  void *work;
  word[0] = '\0';
  if (strncmp(line, "measure", 7) == 0) {
    sscanf(line + 7, "%1199s", word);
    take_text(word);
    r = imgb_text_measure(style.font, text, &width);
    if (r == IMGB_OK) printf("width %lu\n", (unsigned long)width);
    return r;
  }
  if (strncmp(line, "size", 4) == 0) {
    imgb_text_block_t block;
    sscanf(line + 4, "%1199s", word);
    take_text(word);
    r = imgb_text_block_measure(&style, text, &block);
    printf("size %lu %lu %lu\n", (unsigned long)block.width, (unsigned long)block.height,
           (unsigned long)block.lines);
    return r;
  }
  if (strncmp(line, "lines", 5) == 0) {
    sscanf(line + 5, "%1199s", word);
    take_text(word);
    return list_lines();
  }
  if (sscanf(line, "%*s %d %d %x %1199s", &x, &y, &colour, word) < 3) exit(2);
  take_text(word);
  work = malloc(bytes);
  if (line[0] == 't') {
    r = imgb_draw_text(&surface, x, y, style.font, text, (uint16_t)colour, work, bytes, &end);
    if (r == IMGB_OK) printf("end %ld\n", (long)end);
  } else {
    r = imgb_draw_text_block(&surface, x, y, &style, text, (uint16_t)colour, work, bytes);
  }
  free(work);
  return r;
}

static int run(char *line) {
  imgb_asset_t asset;
  imgb_runs_t runs;
  int x, y, a[8], r = IMGB_OK, i;
  unsigned colour;
  unsigned long key, size;
  if (sscanf(line, "surface %d %d", &x, &y) == 2) {
    free(surface.pixels);
    memset(&surface, 0, sizeof surface);
    surface.width = x;
    surface.height = y;
    surface.stride_px = (uint32_t)x;
    surface.pixels = (uint16_t *)malloc(2u * (size_t)x * (size_t)y);
    for (i = 0; i < x * y; i++) surface.pixels[i] = 0x1234;
  } else if (strncmp(line, "font ", 5) == 0) {
    r = open_font(line + 5);
  } else if (sscanf(line, "style %d %d %d %d %d %d %d %d", &a[0], &a[1], &a[2], &a[3], &a[4], &a[5], &a[6],
                    &a[7]) == 8) {
    style.width = a[0];
    style.height = a[1];
    style.max_lines = (uint16_t)a[2];
    style.tab = (uint16_t)a[3];
    style.letter_spacing = (int16_t)a[4];
    style.line_height = (int16_t)a[5];
    style.align = (uint8_t)a[6];
    style.ellipsis = (uint8_t)a[7];
  } else if (sscanf(line, "cache %lu", &size) == 1) {
    free(cache_memory);
    cache_memory = malloc(size);
    imgb_glyph_cache_begin(&cache, cache_memory, (uint32_t)size);
    style.cache = size != 0 ? &cache : NULL;
  } else if (sscanf(line, "pair %d %d", &x, &y) == 2) {
    int32_t distance = 99999;
    r = imgb_font_kern(style.font, (uint32_t)x, (uint32_t)y, &distance);
    if (r == IMGB_OK) printf("kern %ld\n", (long)distance);
  } else if (sscanf(line, "strings %1199s", word) == 1) {
    r = imgb_find(&pack, word, &asset);
    if (r == IMGB_OK) r = imgb_strings_open(&asset, &strings);
    if (r == IMGB_OK) printf("strings %u %u\n", strings.strings, strings.is_right_to_left);
  } else if (strncmp(line, "language", 8) == 0) {
    r = imgb_strings_language(&strings, line[8] == ' ' ? line + 9 : "");
    printf("language %u %u\n", strings.language, strings.is_right_to_left);
  } else if (sscanf(line, "require %lx", &key) == 1) {
    r = imgb_strings_require(&strings, (uint32_t)key);
  } else if (sscanf(line, "get %lx %lu", &key, &size) == 2) {
    r = get_string((uint32_t)key, (uint32_t)size);
  } else if (sscanf(line, "map %lx", &key) == 1) {
    const char *mapped = imgb_strings_map(&strings, (uint32_t)key);
    printf("map %s\n", mapped != NULL ? mapped : "NULL");
  } else if (sscanf(line, "runsize %1199s", word) == 1) {
    uint32_t width;
    r = imgb_find(&pack, word, &asset);
    if (r == IMGB_OK) r = imgb_runs_open(&asset, &runs);
    if (r == IMGB_OK) r = imgb_runs_measure(&runs, &width);
    if (r == IMGB_OK) printf("runs %lu %u\n", (unsigned long)width, runs.lines);
  } else if (sscanf(line, "runs %1199s %d %d %x", word, &x, &y, &colour) == 4) {
    r = imgb_find(&pack, word, &asset);
    if (r == IMGB_OK) r = draw_runs(&asset, x, y, colour);
  } else if (sscanf(line, "said %lx %d %d %x", &key, &x, &y, &colour) == 4) {
    r = imgb_strings_find(&strings, (uint32_t)key, &asset);
    if (r == IMGB_OK) r = draw_runs(&asset, x, y, colour);
  } else if (strncmp(line, "reads", 5) == 0) {
    printf("reads %lu %lu\n", (unsigned long)flash.reads, (unsigned long)flash.bytes_read);
    flash.reads = flash.bytes_read = 0;
  } else if (strncmp(line, "show", 4) == 0) {
    for (y = 0; y < surface.height; y++) {
      for (x = 0; x < surface.width; x++) printf("%04x", surface.pixels[y * surface.width + x]);
      printf("\n");
    }
  } else {
    r = run_text(line);
  }
  return r;
}

int main(int argc, char **argv) {
  char line[2000];
  uint32_t size;
  uint8_t *bytes;
  imgb_io_t io;
  if (argc < 3) return 2;
  bytes = load_file(argv[1], &size);
  flash_make(&flash, bytes, size, argv[2]);
  free(bytes);
  flash_io(&flash, &io);
  if (imgb_open(&pack, &io, 0) != IMGB_OK) return 3;
  while (fgets(line, sizeof line, stdin) != NULL) {
    int r;
    line[strcspn(line, "\n")] = '\0';
    r = run(line);
    if (r != IMGB_OK) printf("error %d\n", r);
  }
  free(surface.pixels);
  free(cache_memory);
  free(text);
  flash_free(&flash);
  return 0;
}
