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
# Set before the include:
#   IMGBUILD             the command                                          (imgbuild)
#   IMGBUILD_MANIFEST    the manifest                                         (manifest.yaml)
#   IMGBUILD_OUT         the image; a folder (with a slash at its end) means ext.bin in it    (build/)
#   IMGBUILD_HEADER_DIR  folder of the generated headers                      (the image's folder)
#   IMGBUILD_NAME        the manifest's "name"                                (read from the manifest)
#   IMGBUILD_CONFIG      header that says what goes into the reader           (<name>_config.h; empty: imgb_config.h alone)
#   IMGBUILD_FLAGS       more options of "imgbuild build", such as --board
# Usable after it:
#   IMGBUILD_IMAGE  IMGBUILD_HEADERS  IMGBUILD_CFLAGS  IMGBUILD_SRCS  IMGBUILD_RUNTIME (the folder of this file)
#   IMGBUILD_LFS_SRCS (images inside littlefs; wants the littlefs sources of the firmware)

IMGBUILD          ?= imgbuild
IMGBUILD_MANIFEST ?= manifest.yaml
IMGBUILD_OUT      ?= build/
IMGBUILD_NAME     ?= $(shell sed -n 's/^name:[[:space:]]*["'\'']*\([A-Za-z0-9_-]*\).*/\1/p' $(IMGBUILD_MANIFEST))

IMGBUILD_MK      := $(lastword $(MAKEFILE_LIST))
IMGBUILD_RUNTIME := $(patsubst %/,%,$(dir $(IMGBUILD_MK)))
IMGBUILD_IMAGE   := $(if $(filter %/,$(IMGBUILD_OUT)),$(IMGBUILD_OUT)ext.bin,$(IMGBUILD_OUT))
IMGBUILD_STAMP   := $(IMGBUILD_IMAGE).made
IMGBUILD_HEADER_DIR ?= $(patsubst %/,%,$(dir $(IMGBUILD_IMAGE)))
# One value for the whole run: the manifest is not asked again.
IMGBUILD_NAME    := $(IMGBUILD_NAME)
IMGBUILD_HEADERS := $(addprefix $(IMGBUILD_HEADER_DIR)/$(IMGBUILD_NAME),_assets.h _digest.h _config.h)
IMGBUILD_CONFIG  ?= $(IMGBUILD_NAME)_config.h
IMGBUILD_CFLAGS  := -I$(IMGBUILD_HEADER_DIR) -I$(IMGBUILD_RUNTIME)/src \
                    $(if $(strip $(IMGBUILD_CONFIG)),-DIMGB_CFG_FILE='"$(strip $(IMGBUILD_CONFIG))"')
IMGBUILD_LFS_SRCS := $(IMGBUILD_RUNTIME)/src/imgb_lfs.c
IMGBUILD_SRCS    := $(filter-out $(IMGBUILD_LFS_SRCS),$(sort $(wildcard $(IMGBUILD_RUNTIME)/src/imgb*.c)))

IMGBUILD_COMMAND := $(IMGBUILD) build $(IMGBUILD_MANIFEST) -o $(IMGBUILD_IMAGE) --header-dir $(IMGBUILD_HEADER_DIR) \
                    --depfile $(IMGBUILD_STAMP).d --depfile-target $(IMGBUILD_STAMP) $(IMGBUILD_FLAGS)

# This file must not decide what a bare "make" builds.
IMGBUILD_GOAL := $(.DEFAULT_GOAL)

# The stamp stands for the whole command and holds its text. It bears the time *before* the build, so that an input saved
# while the build runs is seen next time. This file as a prerequisite: another imgbuild may write other bytes.
$(IMGBUILD_STAMP): $(IMGBUILD_MANIFEST) $(IMGBUILD_MK)
	@mkdir -p $(@D) $(IMGBUILD_HEADER_DIR)
	@printf '%s\n' '$(strip $(IMGBUILD_COMMAND))' > $@.new
	$(strip $(IMGBUILD_COMMAND))
	@test -f $(firstword $(IMGBUILD_HEADERS)) || \
	  { echo 'imgbuild.mk: no $(firstword $(IMGBUILD_HEADERS)): set IMGBUILD_NAME to the "name" of $(IMGBUILD_MANIFEST)' >&2; exit 1; }
	@mv $@.new $@

# imgbuild replaces image and headers only when their bytes change. The empty recipe makes make look at their real age
# after the stamp was made, so that nothing behind an unchanged file is built again.
$(IMGBUILD_IMAGE) $(IMGBUILD_HEADERS): $(IMGBUILD_STAMP) ;

# Build although the stamp is young: an output was deleted, or the command is another one (IMGBUILD_FLAGS, ...).
ifneq ($(words $(wildcard $(IMGBUILD_IMAGE) $(IMGBUILD_HEADERS) $(IMGBUILD_STAMP).d)),5)
  $(IMGBUILD_STAMP): imgbuild-always
endif
ifneq ($(strip $(shell cat $(IMGBUILD_STAMP) 2>/dev/null)),$(strip $(IMGBUILD_COMMAND)))
  $(IMGBUILD_STAMP): imgbuild-always
endif
.PHONY: imgbuild-always
imgbuild-always:

# Inputs and the folders of patterns, and an empty rule for each, so that a deleted one stops nobody.
-include $(IMGBUILD_STAMP).d

.DEFAULT_GOAL := $(IMGBUILD_GOAL)
