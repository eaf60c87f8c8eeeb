# Warnings and sanitizers for every target of this project.
add_compile_options(-Wall -Wextra)
if(IST_WERROR)
  add_compile_options(-Werror)
endif()
if(IST_SANITIZE)
  add_compile_options(-fsanitize=${IST_SANITIZE} -fno-omit-frame-pointer -fno-sanitize-recover=all)
  add_link_options(-fsanitize=${IST_SANITIZE})
endif()
