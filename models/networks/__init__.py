"""Keras networks: layers as data, blocks, encoders and decoders, training."""
