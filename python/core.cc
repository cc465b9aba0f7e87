#include <nanobind/nanobind.h>

#include "python/all_operations.h"
#include "python/autograd.h"
#include "python/creation.h"
#include "python/data.h"
#include "python/errors.h"
#include "python/exchange.h"
#include "python/movement.h"
#include "python/objects.h"
#include "python/proof.h"
#include "python/tensor_class.h"
#include "python/training.h"

/// The extension `prova._core`; prova/__init__.py makes the package of it.
NB_MODULE(_core, module) {
  using namespace prova::python;  // NOLINT(google-build-using-namespace)
  module.doc() = "Prova's tensors and operations.";
  TranslateErrors();
  DefineObjects(module);
  nanobind::class_<prova::Tensor> tensor = DefineTensor(module);
  DefineExchange(module, tensor);
  DefineCreation(module);
  DefineMovement(module, tensor);
  DefineAutograd(module, tensor);
  DefineAllOperations(module, tensor);
  DefineTraining(module);
  DefineData(module);
  DefineProof(module);
}
