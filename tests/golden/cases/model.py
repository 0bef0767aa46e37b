"""Model files as PyTorch and safetensors write them, and what the models say."""

import pathlib

import torch
import torch.nn.functional as F
from safetensors.torch import save_file
from torch import nn

from .common import array, integers, numbers
from .training import Classifier, Regressor

HERE = pathlib.Path(__file__).parent.parent


class Cnn(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1, self.bn1 = nn.Conv2d(2, 4, 3, stride=2, padding=1, bias=False), nn.BatchNorm2d(4)
        self.conv2, self.bn2 = nn.Conv2d(4, 4, 3, padding=1, groups=4), nn.BatchNorm2d(4)
        self.fc = nn.Linear(4, 3)

    def forward(self, x):
        x = F.relu(self.bn1(self.conv1(x)))
        x = x + F.relu(self.bn2(self.conv2(x)))
        return self.fc(x.mean((2, 3)))


class Recurrent(nn.Module):
    def __init__(self, kind):
        super().__init__()
        self.embedding = nn.Embedding(7, 3)
        self.rnn = kind(3, 4, num_layers=2, bidirectional=True, batch_first=True)
        self.output = nn.Linear(8, 7)

    def forward(self, tokens):
        return self.output(self.rnn(self.embedding(tokens))[0])


class Transformer(nn.Module):
    def __init__(self):
        super().__init__()
        self.embedding = nn.Embedding(7, 8)
        layer = nn.TransformerEncoderLayer(8, 2, 12, activation="gelu", batch_first=True, norm_first=True)
        self.encoder = nn.TransformerEncoder(layer, 2, norm=nn.LayerNorm(8), enable_nested_tensor=False)
        self.output = nn.Linear(8, 7)

    def forward(self, tokens):
        mask = nn.Transformer.generate_square_subsequent_mask(tokens.shape[1])
        return self.output(self.encoder(self.embedding(tokens), mask=mask, is_causal=True))


def cases():
    yield written("mlp", Classifier(), numbers([6, 4], 510))
    # Batch norm brings buffers, among them a counter of whole numbers.
    yield written("batch_norm", Regressor(), numbers([6, 3], 511))
    yield written("cnn", Cnn(), numbers([3, 2, 7, 6], 512))
    tokens = torch.tensor(integers(10, 7, 513)).reshape(2, 5)
    yield written("lstm", Recurrent(nn.LSTM), tokens)
    yield written("gru", Recurrent(nn.GRU), tokens)
    yield written("transformer_model", Transformer(), tokens)
    # Half of the bits, and the names of a wrapped model.
    yield written("half", Classifier().half(), numbers([6, 4], 514), "module.")
    yield written("bfloat", Classifier().bfloat16(), numbers([6, 4], 515), "_orig_mod.")


def written(name, model, x, prefix=""):
    with torch.no_grad():
        for index, parameter in enumerate(model.parameters()):
            parameter.copy_(numbers(list(parameter.shape), 500 + index, -0.6, 0.6))
    state = {prefix + key: value for key, value in model.state_dict().items()}
    path = HERE / f"{name}.safetensors"
    # The outputs are those of the values in the file, computed in f32.
    model = model.float()
    for _ in range(3):
        model(x)
    state = {key: value.clone() if prefix else model.state_dict()[key] for key, value in state.items()}
    save_file(state, path, metadata={"format": "pt"})
    path.chmod(0o644)
    return {"name": name, "inputs": array(x), "output": array(model.eval()(x))}
