# imgbuild.mk - builds the flash image as a pre-build step of a firmware Makefile.  GNU make 3.81 or later.
#
#     IMGBUILD_MANIFEST := manifest.yaml
#     IMGBUILD_OUT      := build/ext.bin
#     include $(shell imgbuild path)/imgbuild.mk
#
#     CFLAGS  += $(IMGBUILD_CFLAGS)            # where imgb.h and the generated headers lie; which decoders are linked
#     SOURCES += $(IMGBUILD_SRCS)              # the reader
#     $(OBJECTS): | $(IMGBUILD_HEADERS)        # headers exist before the first compilation
#     flash: $(IMGBUILD_IMAGE)                 # whatever programs the image depends on it
#
# From then on the usual -MMD dependency files do the rest: a changed pixel rebuilds the image and compiles nothing, a
# changed asset name compiles what includes <name>_assets.h, an unchanged tree does nothing. The first bitmap of a codec,
# or the last one gone, compiles the reader again: it holds the decoders that the image needs (<name>_config.h), no more.
# A device that is to read images of later builds, too, keeps all: IMGBUILD_CONFIG := (empty). No path may hold a space.
#
# A manifest with "partitions" (imgbuild/manifest/PARTITIONS.md): name them, for make cannot look into it.
#
#     IMGBUILD_PARTITIONS := assets data       # those with assets, and a littlefs that begins empty
#     IMGBUILD_SETTINGS   := settings          # those with "container: settings"
#     IMGBUILD_OUT        := build/watch.hex   # one file with addresses, or a folder: build/parts/ gets a .bin for each
#
# "make imgbuild-flash" writes what was built onto the board, after building it. What the device wrote itself stays
# unless you say so: of several partitions name those to write.
#
#     IMGBUILD_FLASH_ARGS := --with dfu-util --leave
#     make imgbuild-flash IMGBUILD_FLASH_ARGS="--only assets"
#
# Set before the include:
#   IMGBUILD             the command                                          (imgbuild)
#   IMGBUILD_MANIFEST    the manifest                                         (manifest.yaml)
#   IMGBUILD_OUT         the image; a folder (with a slash at its end) means ext.bin in it, or,
#                        with partitions, a file for each                     (build/)
#   IMGBUILD_PARTITIONS, IMGBUILD_SETTINGS   names of partitions, see above   (none)
#   IMGBUILD_BASE        released image whose layout is kept (--base): updates write few sectors    (none)
#   IMGBUILD_HEADER_DIR  folder of the generated headers                      (the image's folder)
#   IMGBUILD_NAME        the manifest's "name"                                (read from the manifest)
#   IMGBUILD_CONFIG      header that says what goes into the reader           (<name>_config.h; empty: imgb_config.h alone)
#   IMGBUILD_FLAGS       more options of "imgbuild build", such as --board
#   IMGBUILD_FLASH_ARGS  options of "imgbuild flash", such as --with, --port, --only
# Usable after it:
#   IMGBUILD_IMAGE (several in a folder of partitions)  IMGBUILD_HEADERS  IMGBUILD_CFLAGS  IMGBUILD_SRCS  IMGBUILD_RUNTIME (the folder of this file)
#   IMGBUILD_LFS_SRCS (images inside littlefs; wants the littlefs sources of the firmware)

IMGBUILD          ?= imgbuild
IMGBUILD_MANIFEST ?= manifest.yaml
IMGBUILD_OUT      ?= build/
IMGBUILD_NAME     ?= $(shell sed -n 's/^name:[[:space:]]*["'\'']*\([A-Za-z0-9_-]*\).*/\1/p' $(IMGBUILD_MANIFEST))

IMGBUILD_MK      := $(lastword $(MAKEFILE_LIST))
IMGBUILD_RUNTIME := $(patsubst %/,%,$(dir $(IMGBUILD_MK)))
# One value for the whole run: the manifest is not asked again.
IMGBUILD_NAME    := $(IMGBUILD_NAME)
IMGBUILD_FOLDER  := $(filter %/,$(IMGBUILD_OUT))
ifeq ($(strip $(IMGBUILD_PARTITIONS) $(IMGBUILD_SETTINGS)),)
  IMGBUILD_IMAGE := $(if $(IMGBUILD_FOLDER),$(IMGBUILD_OUT)ext.bin,$(IMGBUILD_OUT))
  IMGBUILD_MADE  := $(IMGBUILD_IMAGE)
  IMGBUILD_TAILS := _assets.h _digest.h _config.h
else
  IMGBUILD_IMAGE := $(if $(IMGBUILD_FOLDER),$(patsubst %,$(IMGBUILD_OUT)%.bin,$(IMGBUILD_PARTITIONS) $(IMGBUILD_SETTINGS)),$(IMGBUILD_OUT))
  IMGBUILD_MADE  := $(IMGBUILD_OUT)
  IMGBUILD_TAILS := _config.h _partitions.h $(patsubst %,_%_assets.h,$(IMGBUILD_PARTITIONS)) \
                    $(patsubst %,_%_digest.h,$(IMGBUILD_PARTITIONS)) $(patsubst %,_%.h,$(IMGBUILD_SETTINGS))
endif
IMGBUILD_STAMP   := $(if $(filter %/,$(IMGBUILD_MADE)),$(IMGBUILD_MADE)$(IMGBUILD_NAME),$(IMGBUILD_MADE)).made
IMGBUILD_HEADER_DIR ?= $(patsubst %/,%,$(dir $(IMGBUILD_MADE)))
IMGBUILD_HEADERS := $(addprefix $(IMGBUILD_HEADER_DIR)/$(IMGBUILD_NAME),$(IMGBUILD_TAILS))
IMGBUILD_CONFIG  ?= $(IMGBUILD_NAME)_config.h
IMGBUILD_CFLAGS  := -I$(IMGBUILD_HEADER_DIR) -I$(IMGBUILD_RUNTIME)/src \
                    $(if $(strip $(IMGBUILD_CONFIG)),-DIMGB_CFG_FILE='"$(strip $(IMGBUILD_CONFIG))"')
IMGBUILD_LFS_SRCS := $(IMGBUILD_RUNTIME)/src/imgb_lfs.c
IMGBUILD_SRCS    := $(filter-out $(IMGBUILD_LFS_SRCS),$(sort $(wildcard $(IMGBUILD_RUNTIME)/src/imgb*.c)))

IMGBUILD_COMMAND := $(IMGBUILD) build $(IMGBUILD_MANIFEST) -o $(IMGBUILD_MADE) --header-dir $(IMGBUILD_HEADER_DIR) \
                    --depfile $(IMGBUILD_STAMP).d --depfile-target $(IMGBUILD_STAMP) \
                    $(addprefix --base ,$(strip $(IMGBUILD_BASE))) $(IMGBUILD_FLAGS)
IMGBUILD_OUTPUTS := $(IMGBUILD_IMAGE) $(IMGBUILD_HEADERS)

# This file must not decide what a bare "make" builds.
IMGBUILD_GOAL := $(.DEFAULT_GOAL)

# The stamp stands for the whole command and holds its text. It bears the time *before* the build, so that an input saved
# while the build runs is seen next time. This file as a prerequisite: another imgbuild may write other bytes.
$(IMGBUILD_STAMP): $(IMGBUILD_MANIFEST) $(IMGBUILD_MK) $(IMGBUILD_BASE)
	@mkdir -p $(@D) $(IMGBUILD_HEADER_DIR)
	@printf '%s\n' '$(strip $(IMGBUILD_COMMAND))' > $@.new
	$(strip $(IMGBUILD_COMMAND))
	@for file in $(IMGBUILD_OUTPUTS); do test -f $$file || { echo "imgbuild.mk: no $$file: set IMGBUILD_NAME to the" \
	  '"name" of $(IMGBUILD_MANIFEST); IMGBUILD_PARTITIONS and IMGBUILD_SETTINGS to its "partitions"' >&2; exit 1; }; done
	@mv $@.new $@

# imgbuild replaces image and headers only when their bytes change. The empty recipe makes make look at their real age
# after the stamp was made, so that nothing behind an unchanged file is built again.
$(IMGBUILD_OUTPUTS): $(IMGBUILD_STAMP) ;

# Build although the stamp is young: an output was deleted, or the command is another one (IMGBUILD_FLAGS, ...).
ifneq ($(words $(wildcard $(IMGBUILD_OUTPUTS) $(IMGBUILD_STAMP).d)),$(words $(IMGBUILD_OUTPUTS) $(IMGBUILD_STAMP).d))
  $(IMGBUILD_STAMP): imgbuild-always
endif
ifneq ($(strip $(shell cat $(IMGBUILD_STAMP) 2>/dev/null)),$(strip $(IMGBUILD_COMMAND)))
  $(IMGBUILD_STAMP): imgbuild-always
endif
.PHONY: imgbuild-always imgbuild-flash
imgbuild-always:

imgbuild-flash: $(IMGBUILD_IMAGE)
	$(IMGBUILD) flash $(IMGBUILD_MADE) --manifest $(IMGBUILD_MANIFEST) $(IMGBUILD_FLASH_ARGS)

# Inputs and the folders of patterns, and an empty rule for each, so that a deleted one stops nobody.
-include $(IMGBUILD_STAMP).d

.DEFAULT_GOAL := $(IMGBUILD_GOAL)
