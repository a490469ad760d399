# SPDX-License-Identifier: Apache-2.0
#
# Dependency provider: answers find_package(ITK) when no ITK_DIR is given, neither as a CMake variable nor in the
# environment. itk_tree.py makes an ITK build tree in a cache folder, or finds it there; this build gets a private view of
# it in the folder "itk" of its binary directory. Used with -DCMAKE_PROJECT_TOP_LEVEL_INCLUDES=cmake/ITKProvider.cmake

cmake_minimum_required(VERSION 3.24)

set(MaskedSampling_ITK_TREE_SCRIPT "${CMAKE_CURRENT_LIST_DIR}/itk_tree.py")

macro(maskedsampling_provide_dependency method package)
  if("${package}" STREQUAL "ITK")
    set(MaskedSampling_ITK_VIEW "${CMAKE_BINARY_DIR}/itk")
    if(ITK_DIR AND NOT ITK_DIR STREQUAL MaskedSampling_ITK_VIEW)
      # A tree of the user, named earlier or as a CMake variable.
    elseif(NOT "$ENV{ITK_DIR}" STREQUAL "")
      set(ITK_DIR "$ENV{ITK_DIR}" CACHE PATH "ITK build tree" FORCE)
    else()
      if(Python3_EXECUTABLE)
        set(MaskedSampling_PYTHON "${Python3_EXECUTABLE}" CACHE FILEPATH "Python that makes the ITK build tree")
      endif()
      find_program(MaskedSampling_PYTHON NAMES python3 python REQUIRED)
      execute_process(
        COMMAND "${MaskedSampling_PYTHON}" "${MaskedSampling_ITK_TREE_SCRIPT}" view "${MaskedSampling_ITK_VIEW}"
        OUTPUT_VARIABLE MaskedSampling_ITK_TOOLS
        OUTPUT_STRIP_TRAILING_WHITESPACE COMMAND_ERROR_IS_FATAL ANY)
      set(ITK_DIR "${MaskedSampling_ITK_VIEW}" CACHE PATH "ITK build tree" FORCE)
    endif()

    # A module must be told again which tools to wrap with, or it would try to download them.
    find_program(SWIG_EXECUTABLE swig HINTS "${MaskedSampling_ITK_TOOLS}/bin")
    find_program(CASTXML_EXECUTABLE castxml HINTS "${MaskedSampling_ITK_TOOLS}/bin")
    if(SWIG_EXECUTABLE)
      set(ITK_USE_SYSTEM_SWIG ON CACHE BOOL "Use SWIG_EXECUTABLE")
    endif()
    if(CASTXML_EXECUTABLE)
      set(ITK_USE_SYSTEM_CASTXML ON CACHE BOOL "Use CASTXML_EXECUTABLE")
    endif()
    find_package(ITK ${ARGN} BYPASS_PROVIDER)
  endif()
endmacro()

cmake_language(SET_DEPENDENCY_PROVIDER maskedsampling_provide_dependency SUPPORTED_METHODS FIND_PACKAGE)
