/*=========================================================================
 *
 *  Copyright NumFOCUS
 *
 *  Licensed under the Apache License, Version 2.0 (the "License");
 *  you may not use this file except in compliance with the License.
 *  You may obtain a copy of the License at
 *
 *         https://www.apache.org/licenses/LICENSE-2.0.txt
 *
 *  Unless required by applicable law or agreed to in writing, software
 *  distributed under the License is distributed on an "AS IS" BASIS,
 *  WITHOUT WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied.
 *  See the License for the specific language governing permissions and
 *  limitations under the License.
 *
 *=========================================================================*/
#ifndef itkPose_h
#define itkPose_h

#include "itkMatrix.h"
#include "itkPoint.h"

#include <array>
#include <cmath>

namespace itk
{
/** \class Pose
 * \brief A rotation about a centre that is known elsewhere, and a translation after it.
 *
 * A rotation is the angle in two dimensions; in three the vector along the axis whose length is the angle, in radians,
 * so that no direction is special (a rotation vector: Rodrigues' formula gives its matrix).
 *
 * \ingroup MaskedSampling
 */
template <unsigned int VDimension>
struct Pose
{
  static_assert(VDimension == 2 || VDimension == 3);
  static constexpr unsigned int NumberOfAngles = VDimension == 2 ? 1 : 3;
  /** Translations first. */
  static constexpr unsigned int NumberOfParameters = VDimension + NumberOfAngles;
  using MatrixType = Matrix<double, VDimension, VDimension>;

  std::array<double, NumberOfParameters> Parameters{};

  MatrixType
  GetMatrix() const
  {
    MatrixType matrix;
    matrix.SetIdentity();
    if constexpr (VDimension == 2)
    {
      const double angle = Parameters[2];
      matrix(0, 0) = matrix(1, 1) = std::cos(angle);
      matrix(1, 0) = std::sin(angle);
      matrix(0, 1) = -matrix(1, 0);
    }
    else
    {
      const double x = Parameters[3];
      const double y = Parameters[4];
      const double z = Parameters[5];
      const double angle = std::sqrt(x * x + y * y + z * z);
      if (angle > 0.0)
      {
        const double sine = std::sin(angle) / angle;
        const double cosine = (1.0 - std::cos(angle)) / (angle * angle);
        const double cross[3][3] = { { 0.0, -z, y }, { z, 0.0, -x }, { -y, x, 0.0 } };
        for (unsigned int row = 0; row < 3; ++row)
        {
          for (unsigned int column = 0; column < 3; ++column)
          {
            double square = 0.0;
            for (unsigned int k = 0; k < 3; ++k)
            {
              square += cross[row][k] * cross[k][column];
            }
            matrix(row, column) += sine * cross[row][column] + cosine * square;
          }
        }
      }
    }
    return matrix;
  }

  /** About how far another pose takes points from where this one does, in the root mean square.
   * \param radius root mean square of their distances from the centre */
  double
  GetDistance(const Pose & other, double radius) const
  {
    double sum = 0.0;
    for (unsigned int k = 0; k < NumberOfParameters; ++k)
    {
      // A rotation about one of three axes moves points by two thirds of their squared distance from the centre.
      const double factor = k < VDimension ? 1.0 : radius * radius * (VDimension == 2 ? 1.0 : 2.0 / 3.0);
      const double difference = Parameters[k] - other.Parameters[k];
      sum += factor * difference * difference;
    }
    return std::sqrt(sum);
  }
};
} // end namespace itk

#endif // itkPose_h
