# SPDX-License-Identifier: Apache-2.0
"""itk.MaskedVoxelSampler from Python, alone."""

import itk
import numpy as np
import pytest
from scene import make_mask


@pytest.mark.parametrize("dimension", [2, 3, 4])
def test_list_equals_numpy(dimension: int) -> None:
    random = np.random.default_rng(dimension)
    array = (random.random((6, 7, 8, 9)[:dimension]) < 0.4).astype(np.uint8)
    image = itk.image_from_array(array)
    image.SetOrigin([3.0, -2.0, 1.0, 5.0][:dimension])
    image.SetSpacing([0.5, 2.0, 1.25, 0.75][:dimension])
    mask, _ = make_mask(array, image)
    sampler = itk.MaskedVoxelSampler[dimension].New()
    sampler.SetDomain(image)
    sampler.SetMask(mask)
    sampler.Update()

    expected = np.argwhere(array)[:, ::-1]
    count = sampler.GetNumberOfVoxels()
    assert count == len(expected)
    indices = np.array([tuple(sampler.GetIndex(rank)) for rank in range(count)])
    np.testing.assert_array_equal(indices, expected)
    assert [sampler.GetRank(sampler.GetIndex(rank)) for rank in range(count)] == list(range(count))

    centers = itk.array_from_vector_container(sampler.SampleAll().GetPoints())
    physical = expected * np.array(image.GetSpacing()) + np.array(image.GetOrigin())
    np.testing.assert_allclose(centers, physical, rtol=1e-6)  # float coordinates

    drawn = itk.array_from_vector_container(sampler.SampleRandomly(count // 2, 7).GetPoints())
    positions = (drawn - np.array(image.GetOrigin())) / np.array(image.GetSpacing())
    voxels = np.floor(positions + 0.5).astype(int)
    assert (array[tuple(voxels[:, ::-1].T)] == 1).all()
    assert len(np.unique(voxels, axis=0)) == count // 2


def test_errors() -> None:
    sampler = itk.MaskedVoxelSampler[3].New()
    with pytest.raises(RuntimeError, match="SetDomain"):
        sampler.Update()
    with pytest.raises(RuntimeError, match="Update"):
        sampler.SampleAll()
    with pytest.raises(TypeError):
        sampler.SetDomain(itk.Image[itk.F, 2].New())
