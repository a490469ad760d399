# SPDX-License-Identifier: Apache-2.0
#
# What a wheel needs beyond the module: the shared library of TBB, which ITK is linked with because the wheels of ITK make
# TBB the default threader of the process. It goes into the wheel under a name of its own, so that it can never be taken
# for another TBB of the process, nor another for it.

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

# After everything else, because TBB::tbb is made known by find_package(ITK) and the modules are installed before.
cmake_language(DEFER CALL maskedsampling_install_tbb)
