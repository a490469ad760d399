/* SPDX-License-Identifier: Apache-2.0
 *
 * C interface of what the Python package calls through ctypes, without the modules that SWIG makes.
 *
 * Functions that can fail return 0 if they did not, 1 after an error (masked_sampling_error() tells which), 2 if a
 * callback ended them, and 3 for files of a kind that is not read here, but may be elsewhere. Texts that they return
 * instead are null after an error, numbers are 0. Nothing throws, and arguments that are null or out of range are
 * errors; pointers that are neither null nor valid cannot be told. Texts are UTF-8 and live until the next call in the
 * same thread. Vectors and points have x first; directions are matrices, row after row; pixels are in ITK's order, x
 * fastest. Pixels that are set are shared, not copied, and must live as long as the object that they are set on.
 * Nothing here may be called by two threads at a time for the same object.
 */
#ifndef MaskedSamplingCore_h
#define MaskedSamplingCore_h

#include <stddef.h>
#include <stdint.h>

#if defined(__cplusplus)
extern "C"
{
#endif

#define MASKED_SAMPLING_API __attribute__((visibility("default")))

  /** The geometry of an image: size, spacing and origin of as many numbers as there are dimensions. */
  typedef struct
  {
    uint32_t dimension;
    uint64_t size[3];
    double   spacing[3];
    double   origin[3];
    double   direction[9];
  } masked_sampling_geometry;

  /** The error of the last function of this thread that returned 1. */
  MASKED_SAMPLING_API const char *
  masked_sampling_error(void);
  /** Warnings since this was asked last, a line each, of this thread. */
  MASKED_SAMPLING_API const char *
  masked_sampling_warnings(void);

  /** The version of the ITK that is in here. */
  MASKED_SAMPLING_API const char *
  masked_sampling_itk_version(void);

  /** Names, kinds and choices of all settings: lines of name, tab, kind, tab, choices between commas. */
  MASKED_SAMPLING_API const char *
  masked_sampling_settings(void);

  /** Objects that a capsule of Python owns are destroyed by it without an instruction of Python, between two of which a
   * handler of a signal might run, whose exception is lost where an object is destroyed. The reader is
   * PyCapsule_GetPointer(). */
  typedef void * (*masked_sampling_capsule_reader)(void * capsule, const char * name);
  MASKED_SAMPLING_API void
  masked_sampling_set_capsule_reader(masked_sampling_capsule_reader reader);

  /** A chain of transforms, in the order of the queue of itk::CompositeTransform: the last is applied first. */
  typedef struct masked_sampling_chain masked_sampling_chain;
  MASKED_SAMPLING_API masked_sampling_chain *
  masked_sampling_chain_create(void);
  MASKED_SAMPLING_API void
  masked_sampling_chain_destroy(masked_sampling_chain * chain);
  MASKED_SAMPLING_API void
  masked_sampling_chain_destroy_capsule(void * capsule);
  /** \param name that of itk::TransformBase::GetTransformTypeAsString()
   * \param fixed_parameters of a GaussianSmoothingOnUpdateDisplacementFieldTransform, its two variances (update field,
   * total field) can follow */
  MASKED_SAMPLING_API int
  masked_sampling_chain_add(masked_sampling_chain * chain,
                            const char *            name,
                            const double *          fixed_parameters,
                            size_t                  number_of_fixed_parameters,
                            const double *          parameters,
                            size_t                  number_of_parameters);
  /** Whether a part can be what its numbers say: all of them finite, and as many as its grid needs. */
  MASKED_SAMPLING_API int
  masked_sampling_check_part(const char *   name,
                             const double * fixed_parameters,
                             size_t         number_of_fixed_parameters,
                             const double * parameters,
                             size_t         number_of_parameters);
  MASKED_SAMPLING_API size_t
  masked_sampling_chain_length(const masked_sampling_chain * chain);
  MASKED_SAMPLING_API const char *
  masked_sampling_chain_name(const masked_sampling_chain * chain, size_t index);
  /** Pointers to the parameters of a part; they live until the chain changes. */
  MASKED_SAMPLING_API int
  masked_sampling_chain_get(const masked_sampling_chain * chain,
                            size_t                        index,
                            const double **               fixed_parameters,
                            size_t *                      number_of_fixed_parameters,
                            const double **               parameters,
                            size_t *                      number_of_parameters);
  MASKED_SAMPLING_API int
  masked_sampling_map_points(uint32_t                      dimension,
                             const masked_sampling_chain * chain,
                             const double *                points,
                             size_t                        number_of_points,
                             double *                      mapped);
  /** The determinant of the Jacobian matrix with respect to position, at points.
   * \param voxel length: where there is no formula, differences are over a fiftieth of it */
  MASKED_SAMPLING_API int
  masked_sampling_jacobians(uint32_t                      dimension,
                            const masked_sampling_chain * chain,
                            const double *                points,
                            size_t                        number_of_points,
                            double                        voxel,
                            double *                      determinants);
  MASKED_SAMPLING_API int
  masked_sampling_invert(uint32_t dimension, const masked_sampling_chain * chain, masked_sampling_chain * inverse);
  MASKED_SAMPLING_API int
  masked_sampling_read_transform(const char * path, uint32_t * dimension, masked_sampling_chain * chain);
  MASKED_SAMPLING_API int
  masked_sampling_write_transform(const char * path, uint32_t dimension, const masked_sampling_chain * chain);

  /** Resample an image of float (4 bytes) or double (8) onto a grid.
   * \param result_bytes of a pixel of the grid, no fewer than those of the image
   * \param pixels of the grid, to be written */
  MASKED_SAMPLING_API int
  masked_sampling_resample(uint32_t                         bytes,
                           const void *                     image,
                           const masked_sampling_geometry * geometry,
                           const masked_sampling_geometry * grid,
                           const masked_sampling_chain *    chain,
                           const char *                     interpolator,
                           double                           default_value,
                           uint32_t                         result_bytes,
                           void *                           pixels);

  /** Draw sample points, as itk::MaskedVoxelSampler does.
   * \param mask, weights null: none
   * \param sampling none, random, regular
   * \param percentage of the voxels inside the mask, used where the number is 0
   * \param points float, x first; they live until the next call in the same thread */
  MASKED_SAMPLING_API int
  masked_sampling_sample(const masked_sampling_geometry * grid,
                         const uint8_t *                  mask,
                         const masked_sampling_geometry * mask_geometry,
                         const float *                    weights,
                         const masked_sampling_geometry * weight_geometry,
                         const char *                     sampling,
                         double                           percentage,
                         size_t                           number,
                         uint32_t                         seed,
                         uint64_t *                       number_of_mask_voxels,
                         const float **                   points,
                         size_t *                         number_of_points);

  /** \param component one of uint8, int8, uint16, int16, uint32, int32, uint64, int64, float32, float64
   * \param number of bytes of all pixels */
  MASKED_SAMPLING_API int
  masked_sampling_image_info(const char *               path,
                             masked_sampling_geometry * geometry,
                             const char **              component,
                             uint64_t *                 number_of_bytes);
  /** \param number_of_bytes of the pixels there is room for; if the file has others by now, that is an error */
  MASKED_SAMPLING_API int
  masked_sampling_read_pixels(const char * path, void * pixels, uint64_t number_of_bytes);
  MASKED_SAMPLING_API int
  masked_sampling_write_image(const char *                     path,
                              const masked_sampling_geometry * geometry,
                              const char *                     component,
                              const void *                     pixels,
                              int                              compress);

  /** An itk::MaskedImageRegistration. */
  typedef struct masked_sampling_registration masked_sampling_registration;
  /** Called with "start", "level", "iteration" and "end"; with the setting stock-optimizer also with "method-start",
   * "method-end" and, for all other events of ITK's optimizer, "optimizer". \return 0: go on; 1: end with the code 2 */
  typedef int (*masked_sampling_callback)(const char * event, void * data);

  /** \return null after an error */
  MASKED_SAMPLING_API masked_sampling_registration *
  masked_sampling_create(uint32_t dimension, uint32_t bytes);
  MASKED_SAMPLING_API void
  masked_sampling_destroy(masked_sampling_registration * registration);
  MASKED_SAMPLING_API void
  masked_sampling_destroy_capsule(void * capsule);
  /** \param role fixed, moving (float or double, as created), fixed-mask, moving-mask (uint8), weights, metric-weights
   * (float); fixed-mask:1 is that of the stage 1, which it is added after
   * \param pixels null: none from now on */
  MASKED_SAMPLING_API int
  masked_sampling_set_image(masked_sampling_registration *   registration,
                            const char *                     role,
                            const void *                     pixels,
                            const masked_sampling_geometry * geometry);
  /** Add a pair of images, the first of which is number 1: its roles are fixed@1, moving@1, fixed-mask@1,
   * moving-mask@1.
   * \param metric empty: that of the stage */
  MASKED_SAMPLING_API int
  masked_sampling_add_channel(masked_sampling_registration * registration, const char * metric, double weight);
  /** Of the first pair of images, where there are others. */
  MASKED_SAMPLING_API int
  masked_sampling_set_metric_weight(masked_sampling_registration * registration, double weight);
  MASKED_SAMPLING_API int
  masked_sampling_set_domain(masked_sampling_registration * registration, const masked_sampling_geometry * geometry);
  /** \param role transform, moving-initial, fixed-initial */
  MASKED_SAMPLING_API int
  masked_sampling_set_transform(masked_sampling_registration * registration,
                                const char *                   role,
                                const masked_sampling_chain *  chain);
  MASKED_SAMPLING_API int
  masked_sampling_set_points(masked_sampling_registration * registration, const double * points, size_t number);
  /** \param stage gets its number */
  MASKED_SAMPLING_API int
  masked_sampling_add_stage(masked_sampling_registration * registration, const char * transform, size_t * stage);
  MASKED_SAMPLING_API int
  masked_sampling_set_text(masked_sampling_registration * registration,
                           size_t                         stage,
                           const char *                   name,
                           const char *                   text);
  MASKED_SAMPLING_API int
  masked_sampling_set_numbers(masked_sampling_registration * registration,
                              size_t                         stage,
                              const char *                   name,
                              const double *                 numbers,
                              size_t                         number);
  /** Whether the settings of a stage go together. */
  MASKED_SAMPLING_API int
  masked_sampling_check_stage(masked_sampling_registration * registration, size_t stage);
  /** All settings of a stage, with values for each level where none were set: lines of name, tab, and a text or numbers
   * between blanks. */
  MASKED_SAMPLING_API const char *
  masked_sampling_get_settings(masked_sampling_registration * registration, size_t stage);
  MASKED_SAMPLING_API int
  masked_sampling_run(masked_sampling_registration * registration, masked_sampling_callback callback, void * data);
  /** The optimizer ends its level. \return whether it can */
  MASKED_SAMPLING_API int
  masked_sampling_stop(masked_sampling_registration * registration);
  /** End everything here, and keep what was reached. */
  MASKED_SAMPLING_API void
  masked_sampling_finish(masked_sampling_registration * registration);
  /** From any thread: masked_sampling_run() ends as soon as it can. If it is not called yet, it will. */
  MASKED_SAMPLING_API void
  masked_sampling_abort(masked_sampling_registration * registration);
  MASKED_SAMPLING_API int
  masked_sampling_evaluate(masked_sampling_registration * registration, double * value);
  /** Numbers by name: progress (stage, level, iteration, value, learning rate, convergence value), position, scales,
   * valid-points, points, course (stage, level, iteration, value, for every iteration), reports (stage, level, mask
   * voxels, requested points, points, points in the moving image, iterations, first value, last value, seconds, for
   * every level), folding (share, smallest, largest, smallest and largest around), uncertainty (standard error,
   * seconds), uncertainty-covariance, uncertainty-anchors, uncertainty-anchor-covariance, uncertainty-map (x fastest),
   * uncertainty-map-grid (size, spacing, origin, direction by rows), uncertainty-alternatives (a value for each): see
   * itk::MaskedImageRegistration::UncertaintyReport. They live until the next call for the object. */
  MASKED_SAMPLING_API int
  masked_sampling_get_numbers(masked_sampling_registration * registration,
                              const char *                   name,
                              const double **                numbers,
                              size_t *                       number);
  /** \param name uncertainty-status, uncertainty-text */
  MASKED_SAMPLING_API const char *
  masked_sampling_get_text(masked_sampling_registration * registration, const char * name);
  /** \param report number of the level's report; -1: of now */
  MASKED_SAMPLING_API const char *
  masked_sampling_get_stop_condition(masked_sampling_registration * registration, int64_t report);
  /** \param role result, optimized, alternative-0 and so on */
  MASKED_SAMPLING_API int
  masked_sampling_get_transform(masked_sampling_registration * registration,
                                const char *                   role,
                                masked_sampling_chain *        chain);

#if defined(__cplusplus)
}
#endif

#endif
