/* SPDX-License-Identifier: MIT */
/* A stand-in for libusb-1.0 with DfuSe devices behind it, so that the real dfu-util runs without a device.
 *
 *   gcc -shared -fPIC -o fakeusb.so fakeusb.c fakeusb_device.c
 *   FAKEUSB="1d50:607f|0001|/tmp/one|@SPI Flash/0x00000000/512*04Kg" LD_PRELOAD=./fakeusb.so dfu-util --list
 *
 * FAKEUSB     one device per line: vid:pid | serial number | folder | name string of alternate setting 0 | of
 * 1 ... Each setting's memory is what its name string says (UM0424, 10.3.2), kept in FOLDER/altN.bin: bytes
 *             of all its pages, in their order. A page without the bit for erase or write refuses both.
 * FAKEUSB_LOG a file that gets a line for each operation: "erase ADDRESS SIZE alt N", "program ADDRESS SIZE
 * alt N", "NOT ERASED ADDRESS", "leave". FAKEUSB_STUCK   an address whose byte reads back as 0 whatever is
 * written. FAKEUSB_FAIL    the program operation, counted from 1, that answers errPROG. FAKEUSB_HANG    the
 * program operation, counted from 1, that takes ten minutes.
 *
 * A byte that is programmed only loses bits, as in NOR flash. Requests and states: USB DFU 1.1, sections 3, 6
 * and appendix A; DfuSe's commands 21h (set address) and 41h (erase): ST AN3156. */
#include <libusb-1.0/libusb.h>
#include <stdlib.h>
#include <string.h>

#include "fakeusb_device.h"

static uint8_t functional[9] = {9, 0x21, 0x0b, 0xff, 0, TRANSFER_BYTES & 0xff, TRANSFER_BYTES >> 8, 0x1a, 1};

static int give_string(const device_t *d, unsigned index, uint8_t *out, int size) {
  const char *text = index == 1   ? "imgbuild tests"
                     : index == 2 ? "DfuSe stand-in"
                     : index == 3 ? d->serial
                                  : NULL;
  int length, given;
  if (index == 0) {
    static const uint8_t english[4] = {4, 3, 9, 4};
    memcpy(out, english, sizeof english);
    return 4;
  }
  if (index >= FIRST_ALT_STRING && index - FIRST_ALT_STRING < d->alt_count) {
    text = d->alts[index - FIRST_ALT_STRING].name;
  }
  if (!text) {
    return LIBUSB_ERROR_PIPE;
  }
  length = 2 + 2 * (int)strlen(text);
  length = length < 254 ? length : 254;
  given = length < size ? length : size;
  for (int i = 0; i < given; i++) {
    out[i] = (uint8_t)(i == 0 ? length : i == 1 ? 3 : i % 2 ? 0 : text[(i - 2) / 2]);
  }
  return given;
}

int libusb_init(libusb_context **context) {
  unsigned count;
  device_t *devices = fakeusb_devices(&count);
  if (context) {
    *context = (libusb_context *)(void *)devices;
  }
  return 0;
}

void libusb_exit(libusb_context *context) {
  (void)context;
}

int libusb_set_option(libusb_context *context, enum libusb_option option, ...) {
  (void)context;
  (void)option;
  return 0;
}

const struct libusb_version *libusb_get_version(void) {
  static const struct libusb_version version = {1, 0, 26, 0, "", "fakeusb"};
  return &version;
}

const char *libusb_error_name(int error) {
  return error ? "a fault of fakeusb" : "none";
}

ssize_t libusb_get_device_list(libusb_context *context, libusb_device ***list) {
  unsigned count;
  device_t *devices = fakeusb_devices(&count);
  (void)context;
  *list = calloc(count + 1, sizeof **list);
  for (unsigned number = 0; number < count; number++) {
    (*list)[number] = (libusb_device *)(void *)&devices[number];
  }
  return (ssize_t)count;
}

void libusb_free_device_list(libusb_device **list, int is_unreferenced) {
  (void)is_unreferenced;
  free(list);
}

libusb_device *libusb_ref_device(libusb_device *device) {
  return device;
}

void libusb_unref_device(libusb_device *device) {
  (void)device;
}

int libusb_get_device_descriptor(libusb_device *device, struct libusb_device_descriptor *out) {
  const device_t *d = (const device_t *)(void *)device;
  memset(out, 0, sizeof *out);
  out->bLength = 18;
  out->bDescriptorType = 1;
  out->bcdUSB = 0x200;
  out->bMaxPacketSize0 = 64;
  out->idVendor = d->vid;
  out->idProduct = d->pid;
  out->bcdDevice = 0x200;
  out->iManufacturer = 1;
  out->iProduct = 2;
  out->iSerialNumber = 3;
  out->bNumConfigurations = 1;
  return 0;
}

int libusb_get_config_descriptor(libusb_device *device, uint8_t index,
                                 struct libusb_config_descriptor **out) {
  const device_t *d = (const device_t *)(void *)device;
  struct libusb_config_descriptor *config = calloc(1, sizeof *config);
  struct libusb_interface *interface = calloc(1, sizeof *interface);
  struct libusb_interface_descriptor *alts = calloc(ALTS_MAX, sizeof *alts);
  (void)index;
  for (unsigned alt = 0; alt < d->alt_count; alt++) {
    alts[alt].bLength = 9;
    alts[alt].bDescriptorType = 4;
    alts[alt].bAlternateSetting = (uint8_t)alt;
    alts[alt].bInterfaceClass = 0xfe;
    alts[alt].bInterfaceSubClass = 1;
    alts[alt].bInterfaceProtocol = 2;
    alts[alt].iInterface = (uint8_t)(FIRST_ALT_STRING + alt);
    alts[alt].extra = functional;
    alts[alt].extra_length = sizeof functional;
  }
  interface->altsetting = alts;
  interface->num_altsetting = (int)d->alt_count;
  config->bLength = 9;
  config->bDescriptorType = 2;
  config->bNumInterfaces = 1;
  config->bConfigurationValue = 1;
  config->interface = interface;
  config->extra = functional;
  config->extra_length = sizeof functional;
  *out = config;
  return 0;
}

void libusb_free_config_descriptor(struct libusb_config_descriptor *config) {
  (void)config; /* a run is short; what it holds lives to its end */
}

uint8_t libusb_get_bus_number(libusb_device *device) {
  (void)device;
  return 1;
}

uint8_t libusb_get_device_address(libusb_device *device) {
  unsigned count;
  return (uint8_t)((const device_t *)(void *)device - fakeusb_devices(&count) + 1);
}

int libusb_get_port_numbers(libusb_device *device, uint8_t *ports, int count) {
  if (count < 1) {
    return LIBUSB_ERROR_OVERFLOW;
  }
  ports[0] = libusb_get_device_address(device);
  return 1;
}

int libusb_open(libusb_device *device, libusb_device_handle **handle) {
  *handle = (libusb_device_handle *)(void *)device;
  return 0;
}

void libusb_close(libusb_device_handle *handle) {
  (void)handle;
}

int libusb_claim_interface(libusb_device_handle *handle, int interface) {
  (void)handle;
  (void)interface;
  return 0;
}

int libusb_release_interface(libusb_device_handle *handle, int interface) {
  (void)handle;
  (void)interface;
  return 0;
}

int libusb_set_interface_alt_setting(libusb_device_handle *handle, int interface, int alt) {
  device_t *d = (device_t *)(void *)handle;
  (void)interface;
  if (alt < 0 || (unsigned)alt >= d->alt_count) {
    return LIBUSB_ERROR_NOT_FOUND;
  }
  d->alt = (unsigned)alt;
  return 0;
}

int libusb_reset_device(libusb_device_handle *handle) {
  (void)handle;
  return 0;
}

int libusb_control_transfer(libusb_device_handle *handle, uint8_t type, uint8_t request, uint16_t value,
                            uint16_t index, unsigned char *data, uint16_t length, unsigned timeout) {
  device_t *d = (device_t *)(void *)handle;
  int answer;
  (void)index;
  (void)timeout;
  if (type == 0x80 && request == 6 && value >> 8 == 3) {
    return give_string(d, value & 0xff, data, length);
  }
  if ((type & 0x7f) != 0x21) {
    return LIBUSB_ERROR_PIPE;
  }
  answer = fakeusb_request(d, request, value, data, length);
  return answer < 0 ? LIBUSB_ERROR_PIPE : answer;
}
