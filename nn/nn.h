#pragma once

/// All of nn: layers, optimizers, schedules, files.

#include "nn/adamw.h"
#include "nn/checkpoint.h"
#include "nn/conv2d.h"
#include "nn/dropout.h"
#include "nn/embedding.h"
#include "nn/fields.h"
#include "nn/initializers.h"
#include "nn/layer_norm.h"
#include "nn/linear.h"
#include "nn/module.h"
#include "nn/named_tensors.h"
#include "nn/optimizer.h"
#include "nn/safetensors.h"
#include "nn/schedules.h"
#include "nn/sgd.h"
#include "nn/stateless.h"
