# SPDX-License-Identifier: Apache-2.0
#
# What a wheel needs beyond the module: the shared library of TBB, which ITK is linked with because the wheels of ITK make
# TBB the default threader of the process. It goes into the wheel under a name of its own, so that it can never be taken
# for another TBB of the process, nor another for it. And the notices of all that is linked into it.

# Of the library, only what the modules use.
add_link_options("LINKER:--gc-sections")

set(CMAKE_INSTALL_RPATH "$ORIGIN/../itk_maskedsampling.libs")

function(maskedsampling_install_tbb)
  if(NOT TARGET TBB::tbb)
    return() # ITK without TBB
  endif()
  find_program(PATCHELF_EXECUTABLE patchelf REQUIRED)
  get_target_property(library TBB::tbb IMPORTED_LOCATION_RELEASE)
  install(
    CODE "
    set(library \"${library}\")
    set(patchelf \"${PATCHELF_EXECUTABLE}\")
    set(root \"\${CMAKE_INSTALL_PREFIX}\")
"
    COMPONENT PythonWheelRuntimeLibraries)
  install(
    CODE [[
    file(REAL_PATH "${library}" library)
    file(COPY_FILE "${library}" "${root}/tbb-part" INPUT_MAY_BE_RECENT)
    file(MAKE_DIRECTORY "${root}/itk_maskedsampling.libs")
    file(RENAME "${root}/tbb-part" "${root}/itk_maskedsampling.libs/libtbb-itk-maskedsampling.so.12")
    file(GLOB modules "${root}/itk/_MaskedSamplingPython*" "${root}/itk_maskedsampling/libMaskedSamplingCore*")
    execute_process(
      COMMAND "${patchelf}" --set-soname libtbb-itk-maskedsampling.so.12
              "${root}/itk_maskedsampling.libs/libtbb-itk-maskedsampling.so.12" COMMAND_ERROR_IS_FATAL ANY)
    execute_process(COMMAND "${patchelf}" --replace-needed libtbb.so.12 libtbb-itk-maskedsampling.so.12 ${modules}
                    COMMAND_ERROR_IS_FATAL ANY)
]]
    COMPONENT PythonWheelRuntimeLibraries)
endfunction()

# The files of the source of ITK that have them, by the name of the library: the first that is there.
set(MaskedSampling_NOTICES
    "ITK:LICENSE"
    "ITK-notice:NOTICE"
    "DoubleConversion:Modules/ThirdParty/DoubleConversion/src/LICENSE"
    "Eigen:Modules/ThirdParty/Eigen3/src/itkeigen/COPYING.MPL2"
    "Eigen-parts:Modules/ThirdParty/Eigen3/src/itkeigen/COPYING.README"
    "HDF5:Modules/ThirdParty/HDF5/src/itkhdf5/COPYING"
    "JPEG:Modules/ThirdParty/JPEG/src/itkjpeg/README|Modules/ThirdParty/JPEG/src/itkjpeg-turbo/LICENSE.md"
    "KWSys:Modules/ThirdParty/KWSys/src/KWSys/Copyright.txt"
    "libLBFGS:Modules/ThirdParty/libLBFGS/src/lbfgs.c"
    "libf2c:Modules/ThirdParty/VNL/src/vxl/v3p/netlib/libf2c/Notice"
    "MetaIO:Modules/ThirdParty/MetaIO/src/MetaIO/License.txt"
    "NIFTI:Modules/ThirdParty/NIFTI/src/nifti/LICENSE"
    "NrrdIO:Modules/ThirdParty/NrrdIO/src/NrrdIO/000-README.txt"
    "PNG:Modules/ThirdParty/PNG/src/itkpng/LICENSE"
    "TIFF:Modules/ThirdParty/TIFF/src/itktiff/COPYRIGHT|Modules/ThirdParty/TIFF/src/itktiff/LICENSE.md"
    "VXL:Modules/ThirdParty/VNL/src/vxl/core/vxl_copyright.h"
    "ZLIB:Modules/ThirdParty/ZLIB/src/itkzlib-ng/LICENSE.md|Modules/ThirdParty/ZLIB/src/itkzlib-ng/zlib.h.in|Modules/ThirdParty/ZLIB/src/itkzlib/zlib.h"
)

function(maskedsampling_install_notice name files)
  foreach(file ${files})
    if(EXISTS "${file}")
      install(FILES "${file}" DESTINATION "${SKBUILD_METADATA_DIR}/licenses/notices" RENAME "${name}.txt"
              COMPONENT PythonWheelRuntimeLibraries)
      return()
    endif()
  endforeach()
  message(FATAL_ERROR "A wheel needs the notices of what is linked into it. Those of ${name} are in none of ${files}")
endfunction()

function(maskedsampling_install_notices)
  foreach(notice ${MaskedSampling_NOTICES})
    string(REPLACE ":" ";" parts "${notice}")
    list(GET parts 0 name)
    list(GET parts 1 files)
    string(REPLACE "|" ";" files "${files}")
    list(TRANSFORM files PREPEND "${ITK_CMAKE_DIR}/../")
    maskedsampling_install_notice("${name}" "${files}")
  endforeach()
  if(TARGET TBB::tbb)
    get_target_property(library TBB::tbb IMPORTED_LOCATION_RELEASE)
    get_filename_component(folder "${library}" DIRECTORY)
    # What else is in it; its own license is that of ITK.
    maskedsampling_install_notice("TBB" "${folder}/../share/doc/tbb/licensing/third-party-programs.txt")
  endif()
endfunction()

# After everything else, because TBB::tbb is made known by find_package(ITK) and the modules are installed before.
cmake_language(DEFER CALL maskedsampling_install_tbb)
cmake_language(DEFER CALL maskedsampling_install_notices)
