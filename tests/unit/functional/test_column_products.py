import pytest
import torch

from spectral_exp.functional.column_products import column_products


@pytest.mark.parametrize("shape", [(1, 1), (3, 1), (1, 5), (64, 33), (300, 784)])
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64, torch.bfloat16])
def test_equals_the_plain_formula(shape: tuple[int, int], dtype: torch.dtype) -> None:
    torch.manual_seed(0)
    left, right = torch.randn(shape).to(dtype), torch.randn(shape).to(dtype)

    expected = (left.double() * right.double()).sum(0)

    torch.testing.assert_close(
        column_products(left, right).double(), expected, rtol=0, atol=40 * torch.finfo(dtype).eps * shape[0] ** 0.5
    )


def test_takes_matrices_that_are_not_contiguous() -> None:
    left, right = torch.randn(7, 4).t(), torch.randn(4, 14)[:, ::2]

    torch.testing.assert_close(column_products(left, right), (left * right).sum(0))


def test_does_not_hide_what_is_not_finite() -> None:
    products = column_products(torch.tensor([[float("inf"), float("nan"), 1.0]]), torch.ones(1, 3))

    assert products.isfinite().tolist() == [False, False, True]
