set(DOCUMENTATION
    "Registration that draws its sample points from the voxels inside the fixed image mask: with a mask, the image
around it does not exist, neither for the result nor for the cost.")

itk_module(
  MaskedSampling
  DEPENDS
  ITKCommon
  ITKMetricsv4
  ITKOptimizersv4
  ITKRegistrationMethodsv4
  ITKSpatialObjects
  ITKTransform
  TEST_DEPENDS
  ITKGoogleTest
  EXCLUDE_FROM_DEFAULT
  ENABLE_SHARED
  DESCRIPTION
  "${DOCUMENTATION}")
