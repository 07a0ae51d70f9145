// What the trainers in C++ share. An error of the library is an exception; callbacks, which C
// calls, return theirs.
#ifndef CKL_EXAMPLES_CKL_HPP
#define CKL_EXAMPLES_CKL_HPP

#include <ckl/auto.h>

#include <cerrno>
#include <cstring>
#include <stdexcept>
#include <string>
#include <unistd.h>

namespace ckl
{

// Calls `call` with an error to fill; throws what it says.
template <typename Call> void must(Call call)
{
    ckl_error err{};
    const ckl_status status = call(&err);
    if (status == CKL_OK)
        return;
    std::string message = std::string(ckl_status_name(status)) + ": " + err.message;
    if (err.hint[0] != '\0')
        message += std::string("; ") + err.hint;
    throw std::runtime_error(message);
}

// A JSON text, as attributes of modules are given.
inline std::string quoted(const std::string &text)
{
    std::string out = "\"";
    for (const char byte : text) {
        if (byte == '"' || byte == '\\')
            out += '\\';
        out += byte == '\n' || byte == '\t' ? ' ' : byte;
    }
    return out + '"';
}

// For write_weights: all of it, or what the system says.
inline ckl_status write_all(int descriptor, const std::string &bytes, ckl_error *err)
{
    for (std::size_t done = 0; done < bytes.size();) {
        const ssize_t count = write(descriptor, bytes.data() + done, bytes.size() - done);
        if (count < 0 && errno == EINTR)
            continue;
        if (count < 0) {
            if (err != nullptr)
                std::strncpy(err->message, std::strerror(errno), sizeof err->message - 1);
            return errno == ENOSPC || errno == EDQUOT ? CKL_NO_SPACE : CKL_IO;
        }
        done += static_cast<std::size_t>(count);
    }
    return CKL_OK;
}

// Weights that the run saved; step -1: none.
struct saved {
    std::int64_t step = -1;
    std::string experiment, path;
};

// The run's last weights that are still there.
inline saved last_weights(ckl_manager *manager)
{
    saved last;
    ckl_checkpoint_cursor *cursor = nullptr;
    must([&](ckl_error *err) { return ckl_checkpoints(&cursor, manager, nullptr, false, err); });
    ckl_checkpoint_row row{};
    ckl_error err{};
    ckl_status status = ckl_checkpoint_next(&row, cursor, &err);
    for (; status == CKL_OK; status = ckl_checkpoint_next(&row, cursor, &err)) {
        if (std::strcmp(row.state, "present") == 0)
            last = {row.step, row.experiment,
                    std::string(ckl_manager_root(manager)) + "/" + row.path};
    }
    ckl_checkpoint_cursor_close(cursor);
    if (status != CKL_DONE)
        throw std::runtime_error(err.message);
    return last;
}

} // namespace ckl

#endif
