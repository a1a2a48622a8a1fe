import torch

from spectral_exp.functional.spectral import spectral_weight, unit_columns


def draw(n_in=5, n_out=3):
    torch.manual_seed(0)
    return (
        torch.randn(n_in, dtype=torch.float64),
        torch.randn(n_out, n_in, dtype=torch.float64),
        torch.randn(n_out, dtype=torch.float64),
    )


def test_the_weight_is_the_block_of_the_transfer_operator():
    eigenvalues, eigenvectors, output_eigenvalues = draw()
    basis = torch.eye(8, dtype=torch.float64)
    basis[5:, :5] = eigenvectors
    operator = basis @ torch.diag(torch.cat([eigenvalues, output_eigenvalues])) @ torch.linalg.inv(basis)
    torch.testing.assert_close(operator[5:, :5], spectral_weight(eigenvalues, eigenvectors, output_eigenvalues))


def test_no_output_eigenvalues_means_zero():
    eigenvalues, eigenvectors, _ = draw()
    zeros = torch.zeros(3, dtype=torch.float64)
    assert torch.equal(spectral_weight(eigenvalues, eigenvectors), spectral_weight(eigenvalues, eigenvectors, zeros))


def test_one_constant_added_to_all_eigenvalues_changes_nothing():
    eigenvalues, eigenvectors, output_eigenvalues = draw()
    torch.testing.assert_close(
        spectral_weight(eigenvalues + 2.5, eigenvectors, output_eigenvalues + 2.5),
        spectral_weight(eigenvalues, eigenvectors, output_eigenvalues),
    )


def test_unit_columns_have_norm_one_and_zero_stays_zero():
    vectors = torch.tensor([[3.0, 0.0, 1e-15], [4.0, 0.0, 0.0]])
    torch.testing.assert_close(unit_columns(vectors), torch.tensor([[0.6, 0.0, 1.0], [0.8, 0.0, 0.0]]))
